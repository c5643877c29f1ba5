"""Threads without which a process is not whole."""

import os
import signal
import sys
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class VitalThread(threading.Thread):
    """A daemon whose death ends the process, so that a supervisor starts a whole one.

    Without it, a process would live on, report itself as healthy, and do only half of its work.
    """

    def __init__(self, target: Callable[[], None], *, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._act = target

    def run(self) -> None:
        is_whole = False
        try:
            self._act()
            is_whole = True
        finally:
            if not is_whole:
                log.critical("thread.died", thread=self.name, exc_info=sys.exc_info())
                os.kill(os.getpid(), signal.SIGTERM)
