"""Beats as real processes: killed, stopped, doubled, with the database away."""

import signal
import time

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.schedules import CatchUp, Job, runs, sync
from tests.integration.tasks.conftest import wait_until

ARGUMENTS = ("celery", "-A", "tasks.app", "beat", "--pidfile=", "-l", "INFO")


@pytest.fixture
def start_beat(start):
    def start_named(name):
        return start(name, *ARGUMENTS).says("beat: Starting...")

    return start_named


@pytest.fixture
def every_second(database, request):
    """A job whose every slot has to be claimed; answers with the slots claimed so far."""
    job = Job(
        name=request.node.name,
        task="drill.note",
        queue="maintenance",
        interval=1,
        arguments={"what": request.node.name},
        catch_up=CatchUp.ALL,
    )
    with database.transaction() as session:
        sync(session, [job], SystemClock().now())

    def slots():
        with database.transaction() as session:
            return sorted(run.slot for run in runs(session, job.name, limit=1000))

    return slots


def assert_no_gap(slots):
    seconds = [slot.timestamp() for slot in slots]
    assert seconds == [seconds[0] + n for n in range(len(seconds))]


def test_two_beats_neither_miss_nor_double_a_slot(house, start_beat, every_second):
    killed, paused, third = start_beat("one"), start_beat("two"), None
    wait_until(lambda: len(every_second()) >= 2)
    paused.signal(signal.SIGSTOP)
    killed.kill()
    third = start_beat("three")
    before = len(every_second())
    wait_until(lambda: len(every_second()) >= before + 2)
    paused.signal(signal.SIGCONT)
    time.sleep(1.5)
    third.stop()
    paused.stop()
    slots = every_second()
    assert_no_gap(slots)
    with house.database.transaction() as session:
        counted = session.scalar(
            text("SELECT count(*) FROM work_items WHERE arguments ->> 'what' = :what"),
            {"what": "test_two_beats_neither_miss_nor_double_a_slot"},
        )
    assert counted == len(slots)


def test_default_jobs_become_rows(database, start_beat):
    start_beat("defaults")

    def jobs():
        with database.transaction() as session:
            return set(session.scalars(text("SELECT job FROM schedules")))

    wait_until(lambda: jobs() >= {"inbox-sweep", "partitions", "rollup", "retention"})


def test_a_slot_that_a_wrong_clock_found_is_not_waited_for(database, start_beat):
    start_beat("before").stop()
    with database.transaction() as session:
        session.execute(text("UPDATE schedules SET next_slot = next_slot + interval '7 days'"))
    start_beat("after")

    def farthest():
        with database.transaction() as session:
            return session.scalar(
                text(
                    "SELECT max(next_slot) - clock_timestamp() < interval '1 minute'"
                    " FROM schedules WHERE interval = 5"
                )
            )

    wait_until(farthest)


def test_beat_ends_cleanly(start_beat):
    beat = start_beat("ended")
    beat.process.terminate()
    assert beat.process.wait(15) == 0
