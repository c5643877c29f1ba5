"""Starts a command as another user and within limits; a program of its own, run by `running`.

Nothing may be done between fork and exec of a process with threads; here there is only one. What
goes wrong before the command runs is written to the descriptor that the command does not inherit.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG


def become(user: int, group: int) -> None:
    if (user, group) != (os.geteuid(), os.getegid()):
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)


def limit(limits: dict[str, int]) -> None:
    for name, value in {**limits, "CORE": 0}.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def die_with(parent: int) -> None:
    """A worker that is killed takes the command with it: it will be started again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    wanted = json.loads(os.environ["MENDLINE_COMMAND"])
    os.set_inheritable(wanted["errors"], False)
    try:
        become(wanted["user"], wanted["group"])
        os.chdir(wanted["directory"])
        os.umask(0o077)
        die_with(wanted["parent"])
        limit(wanted["limits"])
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        os.execve(wanted["argv"][0], wanted["argv"], wanted["environment"])  # noqa: S606
    except (OSError, ValueError) as error:
        os.write(wanted["errors"], str(error).encode()[:512])
        sys.exit(127)


if __name__ == "__main__":
    main()
