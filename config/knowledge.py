"""Loads what analysis knows of failures: Mendline's own tables, and those that users add."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from config.classification import Tables
from core.analysis.knowledge import Knowledge
from core.errors import ConfigurationError

PATTERN: Final = "classification*.toml"


@lru_cache(maxsize=4)
def knowledge(directory: Path | None = None) -> Knowledge:
    """Mendline's own tables with those in `directory`, loaded once a process."""
    return knowledge_from(own_tables(), added_tables(directory))


def knowledge_from(own: Mapping[str, Any], added: Mapping[str, Any]) -> Knowledge:
    """Tables by the name of their file. What is added stands first, so that it decides."""
    reading = Tables()
    for name, table in (*added.items(), *own.items()):
        reading.add(name, table)
    return reading.knowledge()


def checked(name: str, text: str) -> None:
    """Refuses a file that is wrong, whatever the others say."""
    knowledge_from(own_tables(), _read([(name, text)]))


def own_tables() -> dict[str, Any]:
    found = files("config").joinpath("defaults").iterdir()
    named = sorted(file.name for file in found if Path(file.name).match(PATTERN))
    defaults = files("config").joinpath("defaults")
    return _read((name, defaults.joinpath(name).read_text("utf-8")) for name in named)


def added_tables(directory: Path | None) -> dict[str, Any]:
    """The tables in a directory of the user's; none without one."""
    if directory is None:
        return {}
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no directory of knowledge.", path=str(directory))
    try:
        return _read(
            (str(file), file.read_text("utf-8")) for file in sorted(directory.glob(PATTERN))
        )
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Cannot read {directory}: {error}.") from error


def _read(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found = {}
    for name, text in texts:
        try:
            found[name] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{name} is not TOML: {error}.", file=name) from error
    return found
