"""The two lines that people know an issue by: what failed, and where."""

from urllib.parse import urlsplit

from core.analysis.event import ErrorEvent, Failure, Frame, mapping, tag, text
from core.analysis.template import headline

MAX_TITLE = 200
_MEANINGLESS = frozenset({"<redacted>", "<unknown>", "unknown", "None", "null", "undefined"})


def title(event: ErrorEvent, main: Failure | None, crashed: Frame | None) -> str:
    if main is None:
        said = (
            _line(event.message)
            or _line(tag(event.raw, "title"))
            or text(event.raw.get("transaction"))
        )
        return _cut(
            said
            or (
                f"Failure in {crashed.function}"
                if crashed and crashed.function
                else "Unnamed event"
            )
        )
    kind = main.type if main.type not in _MEANINGLESS and not main.type.startswith("0x") else ""
    said = _line(main.value)
    if main.synthetic or not kind:
        said = "" if main.type.startswith("0x") else said
    if not kind and not said:
        place = crashed.function if crashed else ""
        return _cut(
            f"Crash in {place}" if place else _line(event.message) or main.type or "Unnamed failure"
        )
    repeated = said.startswith((f"{kind}:", f"{kind} ")) or said.endswith(f": {kind}")
    return _cut(said if repeated or not kind else f"{kind}: {said}" if said else kind)


def culprit(event: ErrorEvent, crashed: Frame | None) -> str:
    """The place in the code, else what the client was doing, else who reported it."""
    if crashed:
        place = crashed.module or crashed.file or crashed.package
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
