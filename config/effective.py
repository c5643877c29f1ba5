"""Which value each setting has in this process, and where it comes from."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from config.masking import MASK, mask
from config.settings import Settings

PREFIX: Final = "MENDLINE_"
# Read outside of the settings: the file that holds them, and the servers of the tests.
OTHER_VARIABLES: Final = ("MENDLINE_CONFIG",)
TEST_PREFIX: Final = "MENDLINE_TEST_"
_PASSWORD: Final = re.compile(r"^([^:]+://[^:@/?#]*):.*@", re.DOTALL)


class Source(StrEnum):
    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    FILE = "file"
    PLATFORM = "running platform"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Effective:
    name: str
    variable: str
    value: Any
    source: Source


def effective(
    given: Settings, found: Settings, *, arguments: Mapping[str, Any] | None = None
) -> list[Effective]:
    """`given` is as configured, `found` as completed from the data directory; secrets masked."""
    names = Settings.model_fields
    environment = {name.upper() for name, value in os.environ.items() if value}
    file = _file_names()

    def source(name: str) -> Source:
        if name in (arguments or {}):
            return Source.ARGUMENT
        if variable(name) in environment:
            return Source.ENVIRONMENT
        if name in file:
            return Source.FILE
        changed = getattr(given, name) != getattr(found, name)
        return Source.PLATFORM if changed else Source.DEFAULT

    return [
        Effective(name, variable(name), shown(getattr(found, name)), source(name)) for name in names
    ]


def variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def shown(value: Any) -> Any:
    """Addresses lose only their password, other secrets everything."""
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return _without_password(secret) if "://" in secret else MASK
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    return str(value) if isinstance(value, Path) else value


def _without_password(address: str) -> str:
    """Up to the last `@`: many a password has a slash, at which those in running text end."""
    return mask(_PASSWORD.sub(rf"\1:{MASK}@", address))


def unknown_variables() -> list[str]:
    """Variables with our prefix that nothing reads: most likely mistyped."""
    known = {variable(name) for name in Settings.model_fields} | set(OTHER_VARIABLES)
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(TEST_PREFIX)
        and name.upper() not in known
    )


def _file_names() -> set[str]:
    file = os.environ.get("MENDLINE_CONFIG")
    return set(tomllib.loads(Path(file).read_text())) if file else set()
