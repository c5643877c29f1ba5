"""Becomes the program of its arguments, after tying it to its parent and giving up root.

Run as a script of its own (`python -I -S launch.py OPTIONS PROGRAM …`): between fork and exec of a
process with threads nothing of ours runs, and the program keeps the process id of this script.
"""

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NAMESPACE_ID = 1000


def system(name: str, *arguments: int) -> None:
    """Calls a function of the C library that answers -1 on failure."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def enter_namespace() -> None:
    """A user namespace in which root is an ordinary user; files stay root's outside."""
    user, group = os.geteuid(), os.getegid()
    system("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NAMESPACE_ID} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NAMESPACE_ID} {group} 1")


def become(user: int, group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def end_with_parent(parent: int, signal: int) -> None:
    """Linux only; elsewhere the next start finds and ends what was left.

    Comes after every change of identity, because the kernel forgets the signal then.
    """
    if sys.platform == "linux":
        system("prctl", PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"the parent {parent} ended before {sys.argv[2]} started")


def main() -> None:
    options: dict[str, Any] = json.loads(sys.argv[1])
    program = sys.argv[2:]
    os.umask(0o077)
    os.nice(options["niceness"])
    if options["namespace"]:
        enter_namespace()
    elif options["user"] is not None:
        become(options["user"], options["group"])
    end_with_parent(options["parent"], options["signal"])
    try:
        os.execvp(program[0], program)  # noqa: S606  # the program is ours; no shell is wanted
    except OSError as error:
        sys.exit(f"cannot start {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
