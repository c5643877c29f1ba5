import asyncio
import io
import os
import signal
import subprocess
import sys

import psutil
import pytest

from workers.programs import Program
from workers.records import Records, end_leftovers
from workers.restarts import Restarts
from workers.supervisor import State, Supervisor

QUICK = Restarts(base=0.01, cap=0.05)
SLOW = Restarts(base=60, cap=60)
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN)\n" + SLEEPER
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print("child", child.pid, flush=True)
child.wait()
"""


def python(code, name="one", **options):
    return lambda: Program(name, (sys.executable, "-c", code), **options)


async def until(look, within=30):
    async with asyncio.timeout(within):
        while not (found := look()):  # noqa: ASYNC110  # other processes set no event
            await asyncio.sleep(0.01)
        return found


def pid_of(records, name="one"):
    return records._known.get(name, (None,))[0]


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def records(data_dir):
    return Records(data_dir / "processes" / "run.json")


def run(scenario):
    asyncio.run(scenario())


def test_a_killed_process_is_back(records):
    async def scenario():
        async with Supervisor(records=records, output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python(SLEEPER), restarts=QUICK)
            first = await until(lambda: pid_of(records))
            os.kill(first, signal.SIGKILL)
            second = await until(lambda: pid_of(records) not in (None, first) and pid_of(records))
            assert alive(second)
        assert not alive(second)

    run(scenario)


def test_one_that_keeps_dying_is_broken_and_stops_nobody_else():
    async def scenario():
        async with Supervisor(output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python("raise SystemExit(3)"), restarts=QUICK)
            supervisor.keep("two", python(SLEEPER, "two"), restarts=QUICK)
            await until(lambda: supervisor.states()["one"] is State.BROKEN)
            assert supervisor.states()["two"] is State.RUNNING

    run(scenario)


def test_a_broken_one_heals_when_its_cause_is_gone(tmp_path):
    async def scenario():
        code = f"import os, time\nif os.path.exists({str(tmp_path / 'cure')!r}): time.sleep(600)"
        restarts = Restarts(base=0.01, rest=0.2)
        async with Supervisor(output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python(code), restarts=restarts)
            await until(lambda: supervisor.states()["one"] is State.BROKEN)
            (tmp_path / "cure").touch()
            await until(lambda: supervisor.states()["one"] is State.RUNNING)

    run(scenario)


def test_one_that_cannot_be_prepared_is_tried_again():
    async def scenario():
        tries = []

        def prepare():
            tries.append(1)
            if len(tries) < 3:
                raise OSError("not yet")
            return python(SLEEPER)()

        async with Supervisor(output=io.BytesIO()) as supervisor:
            supervisor.keep("one", prepare, restarts=QUICK)
            await until(lambda: supervisor.states()["one"] is State.RUNNING)
        assert len(tries) == 3

    run(scenario)


def test_lines_carry_the_name_of_their_process():
    async def scenario():
        output = io.BytesIO()
        code = "import sys; print('a'); print('b', file=sys.stderr); sys.stdout.write('c')"
        async with Supervisor(output=output) as supervisor:
            supervisor.keep("one", python(code))
            await until(lambda: supervisor.states()["one"] is State.WAITING)
        assert sorted(output.getvalue().decode().split("\n")[:3]) == [
            f"one            | {letter}" for letter in "abc"
        ]

    run(scenario)


def test_the_signal_goes_to_the_leader_only_and_its_group_is_cleared_afterwards():
    async def scenario():
        output = io.BytesIO()
        async with Supervisor(output=output) as supervisor:
            supervisor.keep("one", python(PARENT))
            await until(lambda: b"child" in output.getvalue())
            child = int(output.getvalue().split(b"child ")[1].split()[0])
            await supervisor.stop(["one"])
        await until(lambda: not alive(child))

    run(scenario)


def test_who_does_not_listen_is_killed_after_the_grace(records):
    async def scenario():
        output = io.BytesIO()
        async with Supervisor(records=records, output=output) as supervisor:
            supervisor.keep("one", python(STUBBORN, grace=0.2))
            await until(lambda: b"up" in output.getvalue())
            pid = pid_of(records)
            await supervisor.stop(["one"])
            assert not alive(pid)
            assert supervisor.states() == {}

    run(scenario)


def test_a_hurried_stop_does_not_wait_for_the_grace():
    async def scenario():
        output = io.BytesIO()
        async with Supervisor(output=output) as supervisor:
            supervisor.keep("one", python(STUBBORN, grace=600))
            await until(lambda: b"up" in output.getvalue())
            supervisor.hurry()
            await asyncio.wait_for(supervisor.stop(["one"]), 60)

    run(scenario)


def test_orphans_of_a_child_are_buried():
    async def scenario():
        output = io.BytesIO()
        orphan = "import os, time\nprint('orphan', os.getpid(), flush=True); time.sleep(0.3)"
        code = (
            "import subprocess, sys\n"
            f"subprocess.Popen([sys.executable, '-c', {orphan!r}], start_new_session=True)"
        )
        async with Supervisor(output=output) as supervisor:
            supervisor.keep("one", python(code), restarts=Restarts(base=600))
            await until(lambda: b"orphan" in output.getvalue())
            pid = int(output.getvalue().split(b"orphan ")[1].split()[0])
            await until(lambda: not psutil.pid_exists(pid))

    run(scenario)


def test_nothing_is_recorded_after_an_orderly_end(records):
    async def scenario():
        async with Supervisor(records=records, output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python(SLEEPER))
            await until(lambda: pid_of(records))
            assert records.path.exists()
        assert not records.path.exists()

    run(scenario)


def test_what_a_killed_supervisor_left_is_ended(data_dir):
    folder = data_dir / "processes"
    left = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    Records(folder / "run.json").started("one", left.pid)
    assert end_leftovers(folder) == 1
    assert not alive(left.pid)
    left.wait()
    assert not list(folder.iterdir())


def test_a_stranger_with_the_same_process_id_is_left_alone(data_dir):
    folder = data_dir / "processes"
    with subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True) as stranger:
        records = Records(folder / "run.json")
        records.started("one", stranger.pid)
        records._known["one"] = (stranger.pid, records._known["one"][1] - 100)
        records._write()
        assert end_leftovers(folder) == 0
        assert stranger.poll() is None
        stranger.kill()


async def orphaned(records):
    """The id of the process that was killed, and its child that was not."""
    first = await until(lambda: pid_of(records))
    (left,) = await until(lambda: psutil.Process(first).children())
    os.kill(first, signal.SIGKILL)
    return first, left


def test_children_of_what_was_killed_finish_first(records, tmp_path):
    """They get their time, and then they end whatever they are at."""
    finished = tmp_path / "finished"
    work = f"time.sleep(0.3); pathlib.Path({str(finished)!r}).touch()"
    child = f"import time, pathlib; {work}; time.sleep(600)"
    parent = PARENT.replace(repr(SLEEPER), repr(child))

    async def scenario():
        async with Supervisor(records=records, output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python(parent, children_grace=3.0), restarts=SLOW)
            first, left = await orphaned(records)
            await until(finished.exists)
            assert pid_of(records, f"one (children of {first})") == first
            await until(lambda: not alive(left.pid))
            assert pid_of(records, f"one (children of {first})") is None

    run(scenario)


def test_children_of_what_was_killed_end_with_the_supervisor(records):
    async def scenario():
        async with Supervisor(records=records, output=io.BytesIO()) as supervisor:
            supervisor.keep("one", python(PARENT, children_grace=600.0), restarts=SLOW)
            first, left = await orphaned(records)
            await until(lambda: pid_of(records, f"one (children of {first})"))
            assert alive(left.pid)
        assert not alive(left.pid)

    run(scenario)
