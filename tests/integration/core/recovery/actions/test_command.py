"""Real processes, each of a few milliseconds."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.recovery.action import ActionError, Order
from core.recovery.actions.command import CommandAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Command, Limits
from core.recovery.running import Runner, masked

SH = "/bin/sh"


def order(name="it", *, timeout=10.0, dry_run=False, **parameters):
    arguments = {"command": name, "parameters": parameters}
    return Order("command", "host:here", arguments, "key-1", timeout, dry_run=dry_run)


def action(*argv, secrets=(), **options):
    return CommandAction({"it": Command(tuple(argv), **options)}, Runner(secrets))


def shell(script, **options):
    return action(SH, "-c", script, **options)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def gone(pid):
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_a_command_runs_and_its_output_is_the_evidence():
    done = shell("echo out; echo err >&2; echo $MENDLINE_IDEMPOTENCY_KEY").run(order())
    assert done.evidence["output"] == "out\nerr\nkey-1\n"
    assert done.evidence["exit_code"] == 0


def test_nothing_is_read_by_a_shell():
    echo = action("/bin/echo", "{what}", parameters={"what": ".*"})
    done = echo.run(order(what="$(id); `id` && rm -rf / | cat > /tmp/x"))
    assert done.evidence["output"] == "$(id); `id` && rm -rf / | cat > /tmp/x\n"


@pytest.mark.parametrize("value", ["../etc", "a b", "", "-rf", "a\n"])
def test_what_does_not_fit_is_not_passed_on(value):
    with pytest.raises(ArgumentError):
        action("/bin/echo", "{what}", parameters={"what": "[a-z-]+"}).run(order(what=value))


@pytest.mark.parametrize(
    "wrong", [order(), order("other"), order(what="a", more="b")], ids=["none", "name", "more"]
)
def test_what_is_not_declared_is_refused(wrong):
    with pytest.raises(ArgumentError):
        action("/bin/echo", "{what}", parameters={"what": "[a-z]+"}).run(wrong)


def test_a_dry_run_runs_nothing(tmp_path):
    done = action("/bin/touch", f"{tmp_path}/made").run(order(dry_run=True))
    assert done.evidence["argv"] == ["/bin/touch", f"{tmp_path}/made"]
    assert not (tmp_path / "made").exists()


def test_a_command_sees_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("MENDLINE_DATABASE_URL", "postgresql://secret")
    done = action("/usr/bin/env", environment={"PLACE": "here"}).run(order())
    names = {line.partition("=")[0] for line in done.evidence["output"].splitlines()}
    assert names == {"PATH", "LANG", "HOME", "MENDLINE_IDEMPOTENCY_KEY", "PLACE"}


def test_secrets_do_not_come_back():
    found = shell(
        "echo $PASS_WORD opensesame; echo https://u:pw@host/ Bearer abcdefghijklmnopqrst",
        environment={"PASS_WORD": "hunter22"},
        secrets={"opensesame"},
    ).run(order())
    output = found.evidence["output"]
    for secret in ("hunter22", "opensesame", "u:pw", "abcdefghijklmnopqrst"):
        assert secret not in output
    with pytest.raises(ActionError) as caught:
        shell("echo opensesame; exit 1", secrets={"opensesame"}).run(order())
    assert "opensesame" not in str(caught.value)


def test_a_secret_at_the_cut_is_masked_whole():
    done = shell(
        "printf opensesame; printf '%90s' end", secrets={"opensesame"}, output_bytes=95
    ).run(order())
    assert "sesame" not in done.evidence["output"]
    assert len(done.evidence["output"]) <= 95


def test_of_much_output_the_end_is_kept():
    done = shell("yes | head -c 3000000; echo end", output_bytes=100).run(order())
    assert done.evidence["output"].endswith("y\nend\n")
    assert len(done.evidence["output"]) == 100


def test_a_failure_says_how_it_ended():
    with pytest.raises(ActionError, match="ended with 3: no such service") as caught:
        shell("echo no such service; exit 3").run(order())
    assert caught.value.permanent
    with pytest.raises(ActionError) as caught:
        shell("exit 75").run(order())
    assert not caught.value.permanent


def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path):
    script = f"sleep 60 & echo $! > {tmp_path}/child; trap '' TERM; sleep 60"
    started = time.monotonic()
    with pytest.raises(ActionError, match="took too long"):
        shell(script).run(order(timeout=0.3))
    assert time.monotonic() - started < 10
    assert gone(int((tmp_path / "child").read_text()))


def test_what_a_command_leaves_behind_is_not_waited_for(tmp_path):
    done = shell(f"sleep 60 & echo $! > {tmp_path}/child; echo done").run(order())
    assert done.evidence["output"] == "done\n"
    assert gone(int((tmp_path / "child").read_text()))


def test_limits_hold():
    limited = shell("ulimit -t; ulimit -n; ulimit -f", limits=Limits(7, 512, 1, 33))
    cpu, files, blocks = limited.run(order()).evidence["output"].split()
    assert (cpu, files) == ("7", "33")
    assert int(blocks) in {1024, 2048}
    with pytest.raises(ActionError):
        action(sys.executable, "-c", "x = bytearray(900 * 2**20)").run(order())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_another_user_without_our_groups():
    done = shell("id -u; id -G", user="nobody").run(order())
    nobody = pwd.getpwnam("nobody")
    assert done.evidence["output"].split() == [str(nobody.pw_uid), str(nobody.pw_gid)]


@pytest.mark.parametrize(
    ("argv", "options", "why"),
    [
        (["/no/such/program"], {}, "No such file"),
        (["/bin/true"], {"directory": "/no/such/folder"}, "No such file"),
        (["/bin/true"], {"user": "nobody-at-all"}, "has no user"),
    ],
)
def test_what_cannot_be_started_says_why(argv, options, why):
    with pytest.raises(ActionError, match=why) as caught:
        action(*argv, **options).run(order())
    assert caught.value.permanent


def test_a_command_is_taken_back_by_its_undo(tmp_path):
    flag = tmp_path / "flag-a"
    both = action(
        "/bin/touch",
        f"{tmp_path}/flag-{{which}}",
        undo=("/bin/rm", f"{tmp_path}/flag-{{which}}"),
        parameters={"which": "[a-z]"},
    )
    done = both.run(order(which="a"))
    assert flag.exists()
    both.undo(order(which="a"), done.undo)
    assert not flag.exists()
    assert action("/bin/true").run(order()).undo is None


WORKER = """
import sys
from core.recovery.declared import Command
from core.recovery.running import Runner
command = Command(("/bin/sh", "-c", "echo $$ > {pid}; exec sleep 60"))
Runner().run(command, command.argv, timeout=60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the child")
def test_a_command_dies_with_the_worker_that_is_killed(tmp_path):
    file = tmp_path / "pid"
    worker = subprocess.Popen([sys.executable, "-c", WORKER.replace("{pid}", str(file))])
    for _ in range(500):
        if file.exists() and file.read_text().strip():
            break
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert gone(int(file.read_text()))


def test_what_is_no_text_is_shown_all_the_same():
    assert masked(b"\xff\x00abcd", {"abcd"}) == "�[Filtered]"
