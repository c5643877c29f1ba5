"""What an agent and its Celery processes tell each other, in small files that replace one another.

The agent says how many children a process is to have; the process says when it takes work, and
what its children do. Whoever finds no file, or half of one, goes on as before.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

VARIABLE: Final = "MENDLINE_EXCHANGE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`renewed` rises with every wish for fresh children in place of those that are idle."""

    children: int
    renewed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """`tasks` counts what each child has done, by process id; `finished` all that is the pool's.

    `at` is on the clock that all processes of a host share and that never runs backwards.
    """

    at: float
    pid: int
    busy: int = 0
    reserved: int = 0
    finished: int = 0
    tasks: Mapping[int, int] = field(default_factory=dict)


class Exchange:
    def __init__(self, stem: Path) -> None:
        self.stem = stem
        self._ready = stem.with_name(f"{stem.name}.ready")
        self._wanted = stem.with_name(f"{stem.name}.wanted")
        self._told = stem.with_name(f"{stem.name}.told")

    @classmethod
    def of_this_process(cls) -> Self | None:
        """None for a worker that was not started by an agent."""
        stem = os.environ.get(VARIABLE)
        return cls(Path(stem)) if stem else None

    def clear(self) -> None:
        for file in (self._ready, self._told):
            file.unlink(missing_ok=True)

    def remove(self) -> None:
        self.clear()
        self._wanted.unlink(missing_ok=True)

    def announce(self) -> None:
        self._ready.touch(mode=0o600)

    @property
    def ready(self) -> bool:
        return self._ready.exists()

    def want(self, wanted: Wanted) -> None:
        _replace(self._wanted, asdict(wanted))

    def wanted(self) -> Wanted | None:
        found = _read(self._wanted)
        return Wanted(int(found["children"]), int(found["renewed"])) if found else None

    def tell(self, told: Told) -> None:
        _replace(self._told, asdict(told))

    def stay(self, at: float) -> None:
        """Nothing new, but the process lives."""
        told = self.told()
        if told is not None:
            self.tell(replace(told, at=at))

    def told(self) -> Told | None:
        found = _read(self._told)
        if not found:
            return None
        tasks = {int(pid): int(done) for pid, done in found.pop("tasks").items()}
        return Told(**found, tasks=tasks)


def _replace(file: Path, value: Mapping[str, Any]) -> None:
    """A full disk makes news late, and stops nobody."""
    fresh = file.with_name(f"{file.name}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(value))
        fresh.replace(file)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
