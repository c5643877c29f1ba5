"""Where the lines of this process go besides standard error: to a file and to the central table."""

import atexit
import os
import socket
import threading
from collections.abc import Callable
from typing import Final

from config import logging
from config.masking import SENSITIVE_NAMES
from config.settings import Settings
from core.clock import SystemClock
from core.maintenance.logs.files import LogFile
from core.maintenance.logs.line import Shape
from core.maintenance.logs.rotation import DAY, Rotation
from core.maintenance.logs.shipping import Shipper

EVERY_SECONDS: Final = 1.0
TIDY_EVERY: Final = 15
HOUR: Final = 3600.0

_begun: "list[Carrier]" = []


class Carrier:
    """The thread behind both; a forked child has one of its own."""

    def __init__(self, file: LogFile | None, shipper: Shipper | None) -> None:
        self._file = file
        self._shipper = shipper
        self._counted = 0
        self._ending = threading.Event()

    def begin(self) -> None:
        sinks = [each for each in (self._write(), self._put()) if each is not None]
        logging.copy_to(*sinks)
        os.register_at_fork(after_in_child=self._in_child)
        atexit.register(self.end)
        self._start()

    def end(self) -> None:
        """What is still in the buffer is carried away, if the database answers soon."""
        if not self._ending.is_set():
            self._ending.set()
            self._thread.join(timeout=2 * EVERY_SECONDS)

    def _write(self) -> Callable[[bytes], None] | None:
        return self._file.write if self._file else None

    def _put(self) -> Callable[[bytes], None] | None:
        return self._shipper.put if self._shipper else None

    def _in_child(self) -> None:
        if self._shipper is not None:
            self._shipper.forget()
        self._counted = 0
        self._ending = threading.Event()
        self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._carry, name="log lines", daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        rounds = 0
        while not self._ending.wait(EVERY_SECONDS):
            if self._file is not None and rounds % TIDY_EVERY == 0:
                self._file.tidy()
            if self._shipper is not None:
                self._shipper.ship()
                self._count(self._shipper.dropped)
            rounds += 1
        if self._shipper is not None:
            self._shipper.close()

    def _count(self, dropped: int) -> None:
        if dropped > self._counted:
            from config.telemetry import LOG_LINES_DROPPED  # noqa: PLC0415 (slow, hardly ever used)

            LOG_LINES_DROPPED.inc(dropped - self._counted)
            self._counted = dropped


def begin(settings: Settings) -> None:
    """After `logging.configure`; a second time in a process, or in a fork of it, does nothing."""
    if not _begun:
        _begun.append(Carrier(_file(settings), _shipper(settings)))
        _begun[0].begin()


def _file(settings: Settings) -> LogFile | None:
    if not settings.log_files:
        return None
    rotation = Rotation(
        bytes=settings.log_file_bytes,
        seconds=settings.log_file_hours * HOUR,
        kept_bytes=settings.log_files_bytes,
        kept_seconds=settings.log_days * DAY,
    )
    return LogFile(settings.data_dir / "logs", rotation, clock=SystemClock())


def _shipper(settings: Settings) -> Shipper | None:
    """The address may be known later only: a run that has just begun starts its server first."""
    if not settings.log_store:
        return None

    def address() -> str | None:
        from config import wiring  # noqa: PLC0415 (imports the database; only the thread waits)
        from core.store.engine import libpq_url  # noqa: PLC0415

        found = wiring.discovered(settings).database_url
        return libpq_url(found.get_secret_value()) if found else None

    shape = Shape(socket.gethostname(), SENSITIVE_NAMES)
    return Shipper(address, shape, clock=SystemClock())
