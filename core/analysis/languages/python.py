"""Python: module and function; tracebacks with chained causes and groups."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable

_FOREIGN = ("site-packages/", "dist-packages/", "/lib/python", "<frozen ", "/lib64/python")
_FRAME = re.compile(r'\s*File "([^"\n]{1,1000})", line \d+(?:, in (\S.{0,200}))?')
_ERROR = re.compile(r"([A-Za-z_][\w.]{0,200})(?:: ?(.*))?$")
_GUTTER = re.compile(r"^[ +]*[|+][ -]?(?:-+ ?\d* ?-*)?", re.MULTILINE)
_HEADER = "Traceback (most recent call last):"


def label(frame: Frame) -> str:
    place = stable(frame.module) if frame.module else file_name(frame.file)
    return joined(place, frame.function if frame.function != "?" else "")


def own(frame: Frame) -> bool:
    return not any(mark in frame.file.replace("\\", "/") for mark in _FOREIGN)


def parse(trace: str) -> list[Failure]:
    if _HEADER not in trace:
        return []
    if "Exception Group Traceback" in trace:
        trace = _GUTTER.sub("", trace)
    return [failure for block in trace.split(_HEADER)[1:] if (failure := _block(block))]


def _block(block: str) -> Failure | None:
    lines = block.splitlines()
    matches = filter(None, map(_FRAME.match, lines))
    frames = tuple(Frame("", match[1], match[2] or "") for match in matches)
    for number, line in enumerate(lines):
        found = _ERROR.match(line) if line[:1].strip() else None
        if found:
            module, _, name = found[1].rpartition(".")
            rest = [found[2] or "", *_more(lines[number + 1 :])]
            return Failure(type=name, module=module, value="\n".join(rest).strip(), frames=frames)
    return Failure(frames=frames) if frames else None


def _more(lines: list[str]) -> Iterator[str]:
    """The further lines of a message, up to the words that lead to the next traceback."""
    for line in lines:
        if line.startswith(("The above exception", "During handling of")):
            return
        yield line


LANGUAGE = Language(
    name="python",
    platforms=frozenset({"python"}),
    suffixes=(".py", ".pyx", ".pyc"),
    label=label,
    own=own,
    parse=parse,
)
