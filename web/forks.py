"""Server processes forked from one that has loaded everything: a lost one is replaced at once.

The forking process holds the port, so that connections wait for the next server and none is
refused. It serves nothing itself, and thus has little to die of.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any, Final

import structlog

log = structlog.get_logger()

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# Lost again and again it is better started afresh, by whoever supervises us, with its back-off.
LOSSES: Final = 3
WINDOW_SECONDS: Final = 60.0


class Forks:
    """`serve` runs in each of `count` processes, until it is interrupted by SIGTERM."""

    def __init__(self, serve: Callable[[], None], count: int) -> None:
        self._serve = serve
        self._count = count
        self._context = multiprocessing.get_context("fork")
        self._children: dict[int, ForkProcess] = {}
        self._lost: list[float] = []
        self._stopping = False

    def run(self) -> int:
        """Until we are told to end, one ends by itself, or too many are lost: the exit code."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        gc.freeze()  # what is loaded stays shared with the children
        for _ in range(self._count):
            self._start()
        code = 0
        while self._children:
            wait(list(self._children))
            for child in self._ended():
                code = code or self._after(child)
        return code

    def _stop(self, *_: Any) -> None:
        self._stopping = True
        for child in self._children.values():
            child.terminate()

    def _start(self) -> None:
        """A signal waits until the child is known here, and has its own handlers there."""
        held = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        child = self._context.Process(target=self._live, args=(held,))
        child.start()
        self._children[child.sentinel] = child
        signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _live(self, held: set[signal.Signals]) -> None:
        for number in SIGNALS:
            signal.signal(number, leave)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        self._serve()

    def _ended(self) -> list[ForkProcess]:
        ended = [sentinel for sentinel, child in self._children.items() if not child.is_alive()]
        return [self._children.pop(sentinel) for sentinel in ended]

    def _after(self, child: ForkProcess) -> int:
        """Starts another one, or stops them all: then the exit code."""
        code = child.exitcode or 0
        if self._stopping:
            return 0
        if code >= 0:
            self._stop()
            return code
        now = time.monotonic()
        self._lost = [*(at for at in self._lost if now - at < WINDOW_SECONDS), now]
        log.warning("server.lost", server_pid=child.pid, signal=-code, losses=len(self._lost))
        if len(self._lost) > LOSSES:
            self._stop()
            return 1
        self._start()
        return 0


def leave(*_: Any) -> None:
    """Before the server listens to signals itself, and after it has stopped because of one."""
    sys.exit(0)


def _end_with_parent() -> None:
    """Nobody would replace us any more, and we would hold the port."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
