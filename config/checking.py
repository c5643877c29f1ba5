"""Looks through a directory of knowledge, and tells everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from config import knowledge, solutions
from core.errors import ConfigurationError

_LARGEST: Final = 4 * 2**20


def checked(directory: Path) -> tuple[list[str], list[str]]:
    """The files that are read, and what is wrong, each with its file and entry."""
    if not directory.is_dir():
        return [], [f"{directory} is no directory."]
    found = sorted(file for file in directory.iterdir() if file.suffix == ".toml")
    return [str(file) for file in found], [each for file in found for each in _problems(file)]


def _problems(file: Path) -> Iterator[str]:
    ours, solving = file.match(knowledge.PATTERN), file.match(solutions.PATTERN)
    if not ours and not solving:
        yield f"{file} is read by nothing: name it {knowledge.PATTERN} or {solutions.PATTERN}."
        return
    try:
        if file.stat().st_size > _LARGEST:
            yield f"{file} is larger than {_LARGEST} bytes."
            return
        text = file.read_text("utf-8")
        if solving:
            yield from solutions.problems(str(file), text)
        else:
            knowledge.checked(str(file), text)
    except ConfigurationError as error:
        yield str(error)
    except (OSError, UnicodeDecodeError) as error:
        yield f"{file} cannot be read: {error}."
