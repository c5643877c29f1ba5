"""Dart and Flutter: library and member; closures belong to the member that holds them."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_FRAME = re.compile(
    r"^[ \t]{0,20}#\d{1,4}[ \t]{1,12}([^\n]{1,500}?) \(((?:package|dart|file|https?"
    r"|org-dartlang[\w-]*):[^\s()]{1,500}?"
    r"|[^\s()]{1,500}?\.dart)(?::\d+){0,2}\)$"
)
# As the package `stack_trace` writes it: `package:app/main.dart 12:7  main.<fn>`.
_TERSE = re.compile(
    r"^((?:package|dart|file):\S{1,500}"
    r"|\S{1,500}\.dart)[ \t]{1,40}\d+(?::\d+)?[ \t]{2,80}(\S.{0,300})$"
)
_CLOSURE = re.compile(r"\.<(?:anonymous closure|fn|async)>|<anonymous closure>|\.<[\w ]{1,40}>")
_KEY = re.compile(r"@\d{3,}")
_THROWN = re.compile(
    r"The following (?:_?(\w{1,80}) "
    r"|([\w' ]{1,80}) )(?:object )?was thrown[^\n]{0,300}:\n([^\n]{1,500})"
)
_HEAD = re.compile(
    r"(?:^|Unhandled [Ee]xception:\s{1,2}|EXCEPTION: )([A-Z_]\w{0,100}(?:Error"
    r"|Exception))(?: \([^)\n]{0,200}\))?(?:: ([^\n]{0,500}))?$",
    re.MULTILINE,
)
_UNHANDLED = re.compile(r"Unhandled [Ee]xception:\s{1,2}([^\n]{1,500})")
_PLAIN = {
    "Bad state": "StateError",
    "Null check operator": "TypeError",
    "type '": "TypeError",
    "Invalid argument": "ArgumentError",
    "RangeError": "RangeError",
    "Concurrent modification": "ConcurrentModificationError",
    "NoSuchMethodError": "NoSuchMethodError",
    "Stack Overflow": "StackOverflowError",
    "Unsupported operation": "UnsupportedError",
}


def label(frame: Frame) -> str:
    if frame.file.startswith("<") or not (frame.file or frame.module):
        return function(frame.function)
    file = (frame.file or frame.module).removeprefix("package:")
    return joined(file_name(file), function(frame.function))


def function(name: str) -> str:
    name = _KEY.sub("", _CLOSURE.sub("", name)).removeprefix("new ")
    return "" if name.startswith("<") or name == "_kDartIsolateSnapshotInstructions" else name


def own(frame: Frame) -> bool:
    foreign = frame.file.startswith(("dart:", "package:flutter", "org-dartlang"))
    return not foreign and frame.package not in ("flutter", "dart")


def parse(trace: str) -> list[Failure]:
    frames = tuple(_frames(trace.splitlines()))[::-1]
    if not frames:
        return []
    kind, value = _said(trace)
    return [Failure(type=kind, value=value, frames=frames)]


def _frames(lines: list[str]) -> Iterator[Frame]:
    for line in lines:
        if found := _FRAME.match(line):
            yield Frame("", found[2], found[1])
        elif terse := _TERSE.match(line):
            yield Frame("", terse[1], terse[2])


def _said(trace: str) -> tuple[str, str]:
    if thrown := _THROWN.search(trace):
        return thrown[1] or "", thrown[3].strip()
    if head := _HEAD.search(trace):
        return head[1].lstrip("_"), (head[2] or "").strip()
    unhandled = _UNHANDLED.search(trace)
    first = unhandled[1] if unhandled else trace.lstrip().partition("\n")[0]
    if _FRAME.match(first) or _TERSE.match(first):
        return "", ""
    return next(
        (kind for start, kind in _PLAIN.items() if first.startswith(start)), ""
    ), first.strip()


LANGUAGE = Language(
    name="dart",
    platforms=frozenset({"dart", "flutter"}),
    suffixes=(".dart",),
    label=label,
    own=own,
    parse=parse,
)
