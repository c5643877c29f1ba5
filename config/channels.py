"""Loads the channels of alerts from the files of the operator, TOML or YAML.

    [channels.ops]
    type = "slack"
    webhook_url = "${SLACK_WEBHOOK_URL}"
    severity_levels = ["critical", "high"]

A list `notification_channels`, as in the file of alerts, is read as well; both may stand under
`alerts`. `${NAME}` is replaced by the variable of the environment. A channel that is wrong costs
itself, never the others.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from config.channel_entries import ENTRIES, Around
from core.alerts.declared import Book, Declaration
from core.alerts.template import problem
from core.errors import ConfigurationError

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
YAML: Final = frozenset({".yaml", ".yml"})
# Where secrets belong; the first must not stand in the file itself.
NEVER_PLAIN: Final = frozenset({"integration_key", "token", "secret"})
SECRET_FIELDS: Final = NEVER_PLAIN | {"webhook_url", "url", "headers", "smtp"}
# Shorter ones would hide half of every text.
SHORTEST_SECRET: Final = 6


@dataclass(slots=True)
class Reading:
    """One reading of the files; `broken` by channel, `problems` of whole files."""

    around: Around
    environment: Mapping[str, str]
    declared: dict[str, Declaration] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def read(self, file: Path) -> None:
        for name, entry in self._entries(file):
            if name in self.declared or name in self.broken:
                self.problems.append(f"{file}: there are two channels {name}.")
                continue
            try:
                self.declared[name] = self._declaration(name, entry)
            except ConfigurationError as error:
                self.broken[name] = f"{file}, {name}: {error}"

    def _entries(self, file: Path) -> Iterator[tuple[str, Any]]:
        found = self._tables(file)
        alerts = found.get("alerts")
        for part in (found, alerts if isinstance(alerts, dict) else {}):
            channels, listed = part.get("channels") or {}, part.get("notification_channels") or []
            if not isinstance(channels, dict) or not isinstance(listed, list):
                self.problems.append(
                    f"{file}: channels is a table by name, notification_channels is a list."
                )
                continue
            yield from channels.items()
            yield from _named(listed)

    def _tables(self, file: Path) -> Mapping[str, Any]:
        try:
            if file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                self.problems.append(f"{file} may be written by others: chmod go-w {file}")
            found = _parsed(file, file.read_text("utf-8"))
        except (OSError, ValueError) as error:  # what cannot be decoded is a ValueError, too
            self.problems.append(f"{file} cannot be read: {error}")
            return {}
        if isinstance(found, dict):
            return found
        self.problems.append(f"{file} is not a table.")
        return {}

    def _declaration(self, name: str, entry: Any) -> Declaration:
        if NAME.fullmatch(str(name)) is None:
            raise ConfigurationError("the name has letters, digits and _ . - only")
        if not isinstance(entry, dict) or entry.get("type") not in ENTRIES:
            raise ConfigurationError(f"type is one of {', '.join(ENTRIES)}")
        filled = {key: self._filled(key, value) for key, value in entry.items()}
        try:
            found = ENTRIES[entry["type"]].model_validate(filled)
        except ValidationError as error:
            raise ConfigurationError("; ".join(_told(error))) from error
        for source in filter(None, (found.title, found.text)):
            if why := problem(source):
                raise ConfigurationError(why)
        return found.declaration(name, self.around)

    def _filled(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(key, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(key, each) for each in value]
        if not isinstance(value, str) or key in {"title", "text"}:
            return value
        if key in NEVER_PLAIN and not VARIABLE.search(value):
            raise ConfigurationError(
                f"{key} holds a secret; put it into the environment and write ${{NAME}}"
            )
        filled = VARIABLE.sub(lambda found: self._variable(key, found[1]), value)
        if key in SECRET_FIELDS and len(filled) >= SHORTEST_SECRET:
            self.secrets.add(filled)
        return filled

    def _variable(self, key: str, name: str) -> str:
        value = self.environment.get(name)
        if not value:
            raise ConfigurationError(
                f"{key} needs the environment variable {name}, which is not set"
            )
        if len(value) >= SHORTEST_SECRET:
            self.secrets.add(value)
        return value


def book(
    files: Sequence[Path], around: Around, environment: Mapping[str, str] | None = None
) -> tuple[Book, list[str]]:
    """The channels, and everything that is wrong with the files, for people."""
    reading = Reading(around, os.environ if environment is None else environment)
    for file in files:
        reading.read(file)
    found = Book(
        declared=reading.declared, broken=reading.broken, secrets=frozenset(reading.secrets)
    )
    return found, [*reading.problems, *reading.broken.values()]


def _parsed(file: Path, text: str) -> Any:
    if file.suffix not in YAML:
        return tomllib.loads(text)
    import yaml  # noqa: PLC0415 (slow to import; most files are TOML)

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _named(listed: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """By `name`, else by type; the second of a type is `slack-2`."""
    seen: dict[str, int] = {}
    for entry in listed:
        if not isinstance(entry, dict):
            yield "channel", entry
            continue
        values = {key: value for key, value in entry.items() if key != "name"}
        kind = str(entry.get("type", "channel"))
        if entry.get("name"):
            yield str(entry["name"]), values
            continue
        seen[kind] = seen.get(kind, 0) + 1
        yield kind if seen[kind] == 1 else f"{kind}-{seen[kind]}", values


def _told(error: ValidationError) -> Iterator[str]:
    """Without the values: they may be secrets."""
    for each in error.errors(include_input=False, include_url=False):
        where = ".".join(map(str, each["loc"]))
        what = each["msg"].removeprefix("Value error, ").rstrip(".")
        yield f"{where}: {what}" if where else what
