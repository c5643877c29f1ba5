"""Loads what recovery may use from the file that `MENDLINE_ACTIONS_FILE` names.

Secrets stand in the environment: `${NAME}` in addresses, secrets, headers and environments is
replaced by the variable. Everything that is wrong is told at once, with its place.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from config.action_entries import (
    CacheEntry,
    CommandEntry,
    DatabaseEntry,
    Entry,
    FailoverEntry,
    FolderEntry,
    QueryEntry,
    TransactionEntry,
    WebhookEntry,
)
from core.errors import ConfigurationError
from core.recovery.declared import Declared

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
# A password that stands in an address itself, and not as a variable.
PASSWORD: Final = re.compile(r"://[^/@\s]*:[^@/\s$][^@/\s]*@")
ENTRIES: Final[Mapping[str, type[Any]]] = {
    "webhooks": WebhookEntry,
    "commands": CommandEntry,
    "databases": DatabaseEntry,
    "transactions": TransactionEntry,
    "queries": QueryEntry,
    "caches": CacheEntry,
    "folders": FolderEntry,
    "failovers": FailoverEntry,
}
# Where secrets belong.
SECRET_FIELDS: Final = frozenset({"url", "secret", "headers", "environment"})


class DeclarationError(ConfigurationError):
    """What is declared for recovery cannot be used."""

    code = "ML-CONF-0030"


def declared(file: Path | None, environment: Mapping[str, str] | None = None) -> Declared:
    """Nothing without a file."""
    if file is None:
        return Declared()
    reading = Reading(file, os.environ if environment is None else environment)
    found = reading.read()
    if reading.problems:
        raise DeclarationError("\n".join(reading.problems), file=str(file))
    return found


def problems(file: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    """All that is wrong, each with its place; for people."""
    reading = Reading(file, os.environ if environment is None else environment)
    reading.read()
    return reading.problems


class Reading:
    """One reading of one file."""

    def __init__(self, file: Path, environment: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._file = file
        self._environment = environment
        self._secrets: set[str] = set()

    def read(self) -> Declared:
        tables = self._tables()
        for name in sorted(tables.keys() - ENTRIES.keys()):
            self._wrong(name, f"is no kind of entry; there are {', '.join(ENTRIES)}")
        found = {kind: self._entries(kind, tables.get(kind, {})) for kind in ENTRIES}
        for kind in ("transactions", "queries"):
            for name, entry in found[kind].items():
                if entry.database not in found["databases"]:
                    self._wrong(f"{kind}.{name}", f"there is no [databases.{entry.database}]")
        return Declared(**found, secrets=frozenset(self._secrets))

    def _tables(self) -> Mapping[str, Any]:
        try:
            if self._file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                self.problems.append(
                    f"{self._file} may be written by others than its owner: chmod go-w {self._file}"
                )
            return tomllib.loads(self._file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{self._file} cannot be read: {error}.")
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{self._file} is not TOML: {error}.")
        return {}

    def _entries(self, kind: str, table: Any) -> dict[str, Any]:
        if not isinstance(table, dict):
            self._wrong(kind, "is not a table")
            return {}
        read = ((name, self._entry(kind, name, entry)) for name, entry in table.items())
        return {name: entry for name, entry in read if entry is not None}

    def _entry(self, kind: str, name: str, entry: Any) -> Any:
        place, before = f"{kind}.{name}", len(self.problems)
        if NAME.fullmatch(name) is None:
            self._wrong(place, "the name has letters, digits and _ . - only")
        if not isinstance(entry, dict):
            self._wrong(place, "is not a table")
            return None
        filled = {
            field: self._filled(f"{place}.{field}", value, secret=field in SECRET_FIELDS)
            for field, value in entry.items()
        }
        try:
            found: Entry = ENTRIES[kind].model_validate(filled)
        except ValidationError as error:
            if len(self.problems) == before:
                self.problems += [f"{self._file}, {each}" for each in _told(place, error)]
            return None
        return found.value() if len(self.problems) == before else None  # type: ignore[attr-defined]

    def _filled(self, place: str, value: Any, *, secret: bool) -> Any:
        if isinstance(value, dict):
            return {
                name: self._filled(f"{place}.{name}", each, secret=secret)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._filled(place, each, secret=secret) for each in value]
        if not isinstance(value, str):
            return value
        if not secret:
            if VARIABLE.search(value):
                self._wrong(place, "has no variables; other users see it, or it is shown")
            return value
        if PASSWORD.search(value) or (place.endswith(".secret") and not VARIABLE.search(value)):
            self._wrong(place, "holds a secret; put it into the environment and write ${NAME}")
        return VARIABLE.sub(lambda found: self._variable(place, found[1]), value)

    def _variable(self, place: str, name: str) -> str:
        value = self._environment.get(name)
        if value is None:
            self._wrong(place, f"needs the environment variable {name}, which is not set")
            return ""
        self._secrets.add(value)
        return value

    def _wrong(self, place: str, why: str) -> None:
        self.problems.append(f"{self._file}, {place}: {why}.")


def _told(place: str, error: ValidationError) -> Iterator[str]:
    """Without the values: they may be secrets."""
    for each in error.errors(include_input=False, include_url=False):
        where = ".".join(map(str, (place, *each["loc"])))
        yield f"{where}: {each['msg'].removeprefix('Value error, ').rstrip('.')}."
