"""Reads the Procfile, the only list of our processes, and knows the order in which they stop."""

import os
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError, InvalidInputError

ROOT: Final = Path(__file__).resolve().parents[1]
PATH: Final = ROOT / "Procfile"

LINE: Final = re.compile(r"^(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>.+)$")

# What takes work in stops first, what does the work drains, what only looks on stops last.
STOP_ORDER: Final = ("api", "beat", "fleet", "worker-", "flower")


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    argv: tuple[str, ...]

    @property
    def is_pool(self) -> bool:
        return self.name.startswith("worker-")


def read(path: Path = PATH) -> tuple[Entry, ...]:
    try:
        return parse(path.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path} is missing: Mendline runs from its checkout or image."
        ) from error


def parse(text: str) -> tuple[Entry, ...]:
    """Honcho's syntax without a shell: words and quotes, no variables and no pipes."""
    entries: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = _entry(line, number)
        if entry.name in entries:
            raise ConfigurationError(f"Procfile, line {number}: {entry.name} stands there twice.")
        entries[entry.name] = entry
    return tuple(entries.values())


def _entry(line: str, number: int) -> Entry:
    found = LINE.match(line)
    if found is None:
        raise ConfigurationError(f"Procfile, line {number}: expected `name: command`.")
    try:
        argv = tuple(shlex.split(found["command"]))
    except ValueError as error:
        raise ConfigurationError(f"Procfile, line {number}: {error}.") from error
    return Entry(found["name"], argv)


def chosen(entries: Sequence[Entry], names: Iterable[str] | None) -> tuple[Entry, ...]:
    """Those entries, in the order of the Procfile; all of them without names."""
    if names is None:
        return tuple(entries)
    wanted = set(names)
    unknown = sorted(wanted - {entry.name for entry in entries})
    if unknown:
        known = ", ".join(entry.name for entry in entries)
        raise InvalidInputError(f"No such process: {', '.join(unknown)}. There are: {known}.")
    return tuple(entry for entry in entries if entry.name in wanted)


def command(entry: Entry) -> tuple[str, ...]:
    """`python` is the interpreter that we run in; other programs are looked for beside it first."""
    program, *arguments = entry.argv
    if program == "python":
        return (sys.executable, *arguments)
    beside = Path(sys.executable).with_name(program)
    return (str(beside) if os.access(beside, os.X_OK) else program, *arguments)


def stop_order(names: Iterable[str]) -> list[list[str]]:
    """Groups that stop one after the other; processes that the order does not know come last."""
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(_rank(name), []).append(name)
    return [groups[rank] for rank in sorted(groups)]


def _rank(name: str) -> int:
    for rank, prefix in enumerate(STOP_ORDER):
        if name == prefix or (prefix.endswith("-") and name.startswith(prefix)):
            return rank
    return len(STOP_ORDER)
