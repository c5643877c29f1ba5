"""Where in a TOML file each table and key stands; the parser of the standard library forgets it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

Path = tuple[str | int, ...]

_STRING_OR_COMMENT: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*",
    re.DOTALL,
)
_WORD: Final = r"(?:[\w-]{1,200}|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')"
_WORDS: Final = rf"{_WORD}(?:[ \t]{{0,9}}\.[ \t]{{0,9}}{_WORD}){{0,20}}"
_HEADER: Final = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_WORDS})[ \t]*\]")
_KEY: Final = re.compile(rf"[ \t]*({_WORDS})[ \t]*=")
_STEP: Final = re.compile(_WORD)


class Places:
    """The line of each path, as in `("grouping", 0, "match", "type")`; lines count from 1."""

    def __init__(self, text: str) -> None:
        self._lines: Mapping[Path, int] = dict(_places(text))

    def line(self, *path: str | int) -> int:
        """Of a path inside something that stands on one line: the line of that."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(path[:length])
            if found is not None:
                return found
        return 1


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Tables first seen, and keys; what is inside of a value's brackets is no key."""
    prefix: Path = ()
    counts: Counter[str] = Counter()
    depth = at = 0
    plain = _STRING_OR_COMMENT.sub(_blank, text)
    for number, line in enumerate(plain.split("\n"), start=1):
        original = text[at : at + len(line)]
        at += len(line) + 1
        header = _HEADER.match(line) if not depth else None
        if header:
            prefix = _table(header[1], _steps(original[slice(*header.span(2))]), counts)
            yield prefix, number
            continue
        key = _KEY.match(line) if not depth else None
        if key:
            steps = _steps(original[slice(*key.span(1))])
            for length in range(1, len(steps) + 1):
                yield (*prefix, *steps[:length]), number
        depth += sum(map(line.count, "[{")) - sum(map(line.count, "]}"))


def _table(brackets: str, steps: tuple[str, ...], counts: Counter[str]) -> Path:
    """`[[grouping]]` begins the next one; `[grouping.match]` belongs to the one that is open."""
    first, *rest = steps
    if brackets == "[[" and not rest:
        counts[first] += 1
    number = max(counts[first] - 1, 0)
    return (first, number, *rest)


def _steps(written: str) -> tuple[str, ...]:
    return tuple(step.strip("\"'") for step in _STEP.findall(written))


def _blank(found: re.Match[str]) -> str:
    """As long as before, so that places stay; quotes of short strings stay, as keys have them."""
    text = found[0]
    if text.startswith("#"):
        return " " * len(text)
    if text.startswith(('"""', "'''")):
        return "".join("\n" if each == "\n" else " " for each in text)
    return text[0] + "_" * (len(text) - 2) + text[0]
