"""Where the truth about breakers is written: in rows, or for tests in a memory of them."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import DatabaseUnavailableError
from core.resilience.breaker.standing import Standing


@dataclass(frozen=True, slots=True)
class Recorded:
    """A breaker's row: `own` are settings that operators set for it, `project_id` whose it is."""

    standing: Standing
    own: Mapping[str, Any] = field(default_factory=dict)
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """One change of state. `author` none: the breaker itself; `detail` is what was counted.

    While a shift `holds`, work for `target` waits until the new standing's `retry_at`.
    """

    old: Standing
    new: Standing
    target: str
    holds: bool = True
    author: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Chronicle(Protocol):
    """All of it raises `DatabaseUnavailableError`."""

    def recall(self, names: Collection[str]) -> Mapping[str, Recorded]:
        """Those that have a row."""
        ...

    def begin(self, standing: Standing, project_id: int | None) -> Recorded:
        """Makes the row, or tells the one that is there."""
        ...

    def record(self, shift: Shift) -> bool:
        """False when a shift to this version, or a higher one, is written already."""
        ...


class MemoryChronicle:
    """`down` makes it unreachable; `shifts` is the history."""

    def __init__(self) -> None:
        self._rows: dict[str, Recorded] = {}
        self._lock = threading.Lock()
        self.shifts: list[Shift] = []
        self.down = False

    def recall(self, names: Collection[str]) -> Mapping[str, Recorded]:
        self._reach()
        return {name: self._rows[name] for name in names if name in self._rows}

    def begin(self, standing: Standing, project_id: int | None) -> Recorded:
        self._reach()
        with self._lock:
            made = Recorded(standing, project_id=project_id)
            return self._rows.setdefault(standing.name, made)

    def record(self, shift: Shift) -> bool:
        self._reach()
        with self._lock:
            row = self._rows[shift.new.name]
            if row.standing.version >= shift.new.version:
                return False
            self._rows[shift.new.name] = Recorded(shift.new, row.own, row.project_id)
            self.shifts.append(shift)
            return True

    def adjust(self, name: str, own: Mapping[str, Any]) -> None:
        """As an operator does who sets settings for one."""
        row = self._rows[name]
        self._rows[name] = Recorded(row.standing, own, row.project_id)

    def _reach(self) -> None:
        if self.down:
            raise DatabaseUnavailableError


class NoChronicle:
    """For what happens within one process alone."""

    def recall(self, names: Collection[str]) -> Mapping[str, Recorded]:  # noqa: ARG002
        return {}

    def begin(self, standing: Standing, project_id: int | None) -> Recorded:
        return Recorded(standing, project_id=project_id)

    def record(self, shift: Shift) -> bool:  # noqa: ARG002
        return True
