"""Learns of the end of children, and buries the orphans that the kernel hands to us."""

import asyncio
import os
import subprocess
import sys
from signal import SIGCHLD

from workers.launch import system

PR_SET_CHILD_SUBREAPER = 36
LOOK = os.WEXITED | os.WNOHANG | os.WNOWAIT if sys.platform == "linux" else 0


class Reaper:
    """One for the process. While it is at work nothing else may wait for children of ours."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[subprocess.Popen[bytes], asyncio.Future[int]]] = {}

    def install(self) -> None:
        asyncio.get_running_loop().add_signal_handler(SIGCHLD, self.reap)
        if sys.platform == "linux":
            system("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def uninstall(self) -> None:
        asyncio.get_running_loop().remove_signal_handler(SIGCHLD)
        if sys.platform == "linux":
            system("prctl", PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def watch(self, process: subprocess.Popen[bytes]) -> asyncio.Future[int]:
        """The exit code of the process, once it has one; negative for a signal."""
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._watched[process.pid] = (process, ended)
        # It may have ended before it was watched.
        asyncio.get_running_loop().call_soon(self.reap)
        return ended

    def reap(self) -> None:
        for pid in tuple(self._watched):
            self._settle(pid)
        if sys.platform == "linux":
            self._bury_orphans()

    def _settle(self, pid: int) -> None:
        process, ended = self._watched[pid]
        code = process.poll()
        if code is None:
            return
        del self._watched[pid]
        if not ended.done():
            ended.set_result(code)

    def _bury_orphans(self) -> None:
        """Looks before it takes: the exit code of a watched child belongs to its `Popen`."""
        while True:
            try:
                dead = os.waitid(os.P_ALL, 0, LOOK)
            except ChildProcessError:
                return
            if dead is None:
                return
            if dead.si_pid in self._watched:
                self._settle(dead.si_pid)
            else:
                os.waitpid(dead.si_pid, os.WNOHANG)
