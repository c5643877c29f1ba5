"""Remembers on disk which processes were started, so that a next start can end what a kill left."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from signal import Signals
from typing import Any

import psutil

from config.private import private_folder, write_private
from workers.embedded import leftovers

PATIENCE = 3.0
CLOCK_TOLERANCE = 0.05


class Records:
    """One file of one supervisor: name of the process → process id and time of its start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, tuple[int, float]] = {}
        private_folder(path.parent)

    def started(self, name: str, pid: int) -> None:
        process = leftovers.matching(pid, lambda _: True)
        if process is not None:
            self._known[name] = (pid, process.create_time())
            self._write()

    def ended(self, name: str) -> None:
        if self._known.pop(name, None) is not None:
            self._write()

    def orphaned(self, name: str, orphans: str) -> None:
        """It has ended; its children are known under a name of their own from now on."""
        if name in self._known:
            self._known[orphans] = self._known[name]
            self._write()

    def close(self) -> None:
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        write_private(self.path, json.dumps(self._known), sync=False)


def end_leftovers(folder: Path, *, patience: float = PATIENCE) -> int:
    """Ends what the recorded groups still hold; call it while holding the folder's lock.

    Whoever has got a signal from its dying parent is finishing already, so the first signal is
    only a reminder.
    """
    found = [process for path in folder.glob("*.json") for process in recorded(path)]
    leftovers.end(found, Signals.SIGTERM, Signals.SIGKILL, patience=patience)
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)
    return len(found)


def recorded(path: Path) -> list[psutil.Process]:
    """The living processes of all groups in the file."""
    try:
        known: Mapping[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [
        process for pid, since in known.values() for process in _members(int(pid), float(since))
    ]


def _members(group: int, since: float) -> Iterator[psutil.Process]:
    """Nothing if the id of the leader has been given to a stranger since."""
    leader = leftovers.matching(group, lambda _: True)
    if leader is not None and abs(leader.create_time() - since) > CLOCK_TOLERANCE:
        return
    for process in leftovers.group(group):
        with contextlib.suppress(psutil.Error):
            if process.create_time() >= since - CLOCK_TOLERANCE:
                yield process
