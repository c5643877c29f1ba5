"""Loads the settings of circuit breakers: ours, then those of a file of the operators' own."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.resilience.breaker.settings import BreakerSettings, BreakerSettingsError, SettingsBook


@lru_cache(maxsize=4)
def book(own: Path | None = None) -> SettingsBook:
    """`own` is written like ours and wins."""
    text = files("config").joinpath("defaults", "breakers.toml").read_text("utf-8")
    found = book_from(tomllib.loads(text), SettingsBook(), "breakers.toml")
    return found if own is None else book_from(_read(own), found, str(own))


def book_from(tables: Mapping[str, Any], before: SettingsBook, where: str) -> SettingsBook:
    unknown = tables.keys() - {"default", "breakers"}
    if unknown:
        raise ConfigurationError(f"{where}: {min(unknown)} is not known here.")
    entry = "default"
    try:
        default = before.default.changed(tables.get("default", {}))
        for entry, values in tables.get("breakers", {}).items():  # noqa: B007 (told below)
            BreakerSettings().changed(values)
    except (BreakerSettingsError, AttributeError) as error:
        raise ConfigurationError(f"{where}, {entry}: {error}") from error
    return SettingsBook(default, (*before.entries, *tables.get("breakers", {}).items()))


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
