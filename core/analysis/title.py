"""The two lines that people know an issue by: what failed, and where."""

import re
from urllib.parse import urlsplit

from core.analysis.event import ErrorEvent, Failure, Frame, mapping, tag, text
from core.analysis.template import headline

MAX_TITLE = 200
_TELLING = 3
_ORIGIN = re.compile(r"^(?!package:|dart:)(?:[\w+.-]{2,30}:)+/{0,3}(?:(?<=://)[^/\s]*/)?")
_MEANINGLESS = frozenset({"<redacted>", "<unknown>", "unknown", "None", "null", "undefined"})


def title(event: ErrorEvent, main: Failure | None, crashed: Frame | None) -> str:
    function = (crashed.function or _library(crashed.package)) if crashed else ""
    if main is not None:
        return _cut(_of_failure(main, function) or _line(event.message) or "Unnamed failure")
    told = (
        _line(event.message),
        _line(tag(event.raw, "title")),
        text(event.raw.get("transaction")),
        f"Failure in {function}" if function else "",
    )
    return _cut(next(filter(None, told), "Unnamed event"))


def _of_failure(main: Failure, function: str) -> str:
    """`type: value`, with what a crash handler makes up left out."""
    is_address = main.type.startswith("0x")
    kind = "" if is_address or main.type in _MEANINGLESS else main.type
    said = "" if is_address else _line(main.value)
    if not kind and not said:
        return f"Crash in {function}" if function else main.type
    repeated = said.startswith((f"{kind}:", f"{kind} ")) or said.endswith(f": {kind}")
    if repeated or not kind:
        return said
    return f"{kind}: {said}" if said else kind


def culprit(event: ErrorEvent, crashed: Frame | None) -> str:
    """The place in the code, else what the client was doing, else who reported it."""
    if crashed:
        place = crashed.module or _file(crashed.file) or _library(crashed.package)
        found = (
            f"{place} in {crashed.function}"
            if place and crashed.function
            else place or crashed.function
        )
        if found:
            return _cut(found)
    raw = event.raw
    told = (
        text(raw.get("culprit")),
        text(raw.get("transaction")),
        _path(mapping(raw.get("request")).get("url")),
        " ".join(filter(None, (tag(raw, "component"), tag(raw, "operation")))),
        text(raw.get("logger")),
        text(raw.get("server_name")),
        event.platform,
    )
    return _cut(next(filter(None, told), "unknown place"))


def _file(path: str) -> str:
    """A path as far as it says something: from the root of a machine only its end."""
    path = _ORIGIN.sub("/", path).replace("\\", "/").partition("?")[0]
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    rooted = path.startswith(("/", "../")) or path[1:2] == ":"
    return "/".join(parts[-_TELLING:] if rooted else parts)


def _library(package: str) -> str:
    return package.replace("\\", "/").rpartition("/")[2]


def _path(url: object) -> str:
    try:
        return urlsplit(text(url)).path
    except ValueError:
        return ""


def _line(message: str) -> str:
    return headline(message).partition("\n")[0].strip()


def _cut(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…"
