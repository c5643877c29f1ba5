"""Reads events of every shape that clients send into one plain value; the only place that knows
the odd shapes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_FAILURES = 50
MAX_FRAMES = 250
MAX_TEXT = 8_192

_TRACES = ("stacktrace", "stack_trace", "stack", "Stacktrace")
_PLACEHOLDER = re.compile(r"%\((\w{1,64})\)[sdr]|%[sdrf]|\{(\w{0,64})\}")


class Frame(NamedTuple):
    """One call of a stack trace; what a client left out is empty.

    `path` is where the file lies, if the client tells it beside a shorter name.
    """

    module: str
    file: str
    function: str
    in_app: bool | None = None
    package: str = ""
    path: str = ""


class Failure(NamedTuple):
    """One exception. Frames run from the outermost call to the one that failed.

    `trace` is the stack trace as text, where the client sent no frames.
    """

    type: str = ""
    value: str = ""
    module: str = ""
    frames: tuple[Frame, ...] = ()
    trace: str = ""
    code: str = ""
    synthetic: bool = False
    group: bool = False
    id: int | None = None
    parent: int | None = None


class ErrorEvent(NamedTuple):
    """An event as analysis sees it. `failures`: causes first, the one that surfaced last.

    `template` is the message before its parameters went in, `message` after.
    """

    raw: Mapping[str, Any]
    platform: str
    level: str
    failures: tuple[Failure, ...]
    frames: tuple[Frame, ...]
    template: str
    message: str
    fingerprint: tuple[str, ...]
    code: str
    http_status: int | None


def read(event: Mapping[str, Any]) -> ErrorEvent:
    template, message = _messages(event)
    failures = tuple(_failures(event)) or _without_exception(event, message)
    return ErrorEvent(
        raw=event,
        platform=text(event.get("platform")).lower(),
        level=text(event.get("level")).lower(),
        failures=failures,
        frames=() if failures else _loose_frames(event),
        template=template,
        message=message,
        fingerprint=tuple(text(part) for part in _listed(event.get("fingerprint"))),
        code=text(_told(event, "code")),
        http_status=status(_told(event, "http_status") or _told(event, "status_code")),
    )


def text(value: Any) -> str:
    """Any scalar as text, cut to what is worth reading; of an object its message, else nothing."""
    if type(value) is str:
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
    if value is None or isinstance(value, list):
        return ""
    if isinstance(value, dict):
        for key in ("formatted", "message", "value", "text", "description"):
            if isinstance(value.get(key), str):
                return text(value[key])
        return ""
    return str(value)[:MAX_TEXT]


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def status(value: Any) -> int | None:
    """An HTTP status, from a number or its digits."""
    if isinstance(value, str) and len(value) == 3 and value.isdecimal():  # noqa: PLR2004
        value = int(value)
    return value if type(value) is int and 100 <= value <= 599 else None  # noqa: PLR2004


def tag(event: Mapping[str, Any], name: str) -> str:
    """The value of a tag, from a mapping or a list of pairs."""
    tags = event.get("tags")
    if isinstance(tags, dict):
        return text(tags.get(name))
    for pair in _listed(tags):
        if isinstance(pair, dict) and pair.get("key") == name:
            return text(pair.get("value"))
        if isinstance(pair, list) and len(pair) == 2 and pair[0] == name:  # noqa: PLR2004
            return text(pair[1])
    return ""


def _told(event: Mapping[str, Any], name: str) -> Any:
    """A field that clients put beside the error: at the top, else among the extra data or the
    tags.
    """
    value = event.get(name)
    if value is None:
        value = mapping(event.get("extra")).get(name)
    return tag(event, name) if value is None else value


def _listed(value: Any) -> list[Any]:
    """A list however it came: bare, below `values`, a single thing, or not at all."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and "values" in value:
        return _listed(value["values"])
    return [] if value is None else [value]


def _failures(event: Mapping[str, Any]) -> Iterator[Failure]:
    found = event.get("exception", event.get("sentry.interfaces.Exception"))
    for value in _listed(found)[-MAX_FAILURES:]:
        failure = _failure(value) if isinstance(value, dict) else Failure(value=text(value))
        if failure.type or failure.value or failure.frames or failure.trace:
            yield failure


def _failure(value: Mapping[str, Any]) -> Failure:
    mechanism = mapping(value.get("mechanism"))
    trace = _trace(value)
    return Failure(
        type=text(value.get("type") or value.get("name") or _domain(mechanism)).strip(),
        value=text(value.get("value", value.get("message"))).strip(),
        module=text(value.get("module")),
        frames=_frames(trace),
        trace=_printed(trace),
        code=_code(value, mechanism),
        synthetic=mechanism.get("synthetic") is True,
        group=mechanism.get("is_exception_group") is True,
        id=_number(mechanism.get("exception_id")),
        parent=_number(mechanism.get("parent_id")),
    )


def _trace(value: Mapping[str, Any]) -> Any:
    return next((value[name] for name in _TRACES if value.get(name)), None)


def _printed(trace: Any) -> str:
    """A stack trace that came as text, or as a list of its lines."""
    lines = trace.get("frames") if isinstance(trace, dict) else trace
    if isinstance(lines, list) and lines and all(type(line) is str for line in lines):
        trace = "\n".join(lines)
    return trace[: 4 * MAX_TEXT] if isinstance(trace, str) else ""


def _domain(mechanism: Mapping[str, Any]) -> Any:
    """What Apple's errors are called that are no exceptions."""
    return mapping(mapping(mechanism.get("meta")).get("ns_error")).get("domain")


def _without_exception(event: Mapping[str, Any], message: str) -> tuple[Failure, ...]:
    """A printed trace beside the message; crash reports of fuzzers put their verdict beside it."""
    trace = _printed(_trace(event))
    if not trace:
        return ()
    verdict = mapping(event.get("CrashSeverity"))
    kind = text(verdict.get("ShortDescription"))
    said = message or text(verdict.get("Description"))
    return (Failure(type=kind, value=said, trace=trace),)


def _code(value: Mapping[str, Any], mechanism: Mapping[str, Any]) -> str:
    """A code that the client told: beside the type, or what the mechanism knows of errno or
    signal.
    """
    if value.get("code") is not None:
        return text(value["code"])
    meta = mapping(mechanism.get("meta"))
    errno = mapping(meta.get("errno"))
    return text(errno.get("name")) or text(mapping(mechanism.get("data")).get("code"))


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _frames(trace: Any) -> tuple[Frame, ...]:
    frames = trace.get("frames") if isinstance(trace, dict) else trace
    if not isinstance(frames, list):
        return ()
    return tuple(_frame(frame) for frame in frames[-MAX_FRAMES:] if isinstance(frame, dict))


def _frame(frame: Mapping[str, Any]) -> Frame:
    get = frame.get
    module, package, in_app, path = get("module"), get("package"), get("in_app"), get("abs_path")
    return Frame(
        text(module) if module else "",
        text(get("filename") or path),
        text(get("function") or get("raw_function")),
        in_app if in_app is True or in_app is False else None,
        text(package) if package else "",
        text(path) if path else "",
    )


def _loose_frames(event: Mapping[str, Any]) -> tuple[Frame, ...]:
    """The stack of an event without an exception: its own, else that of the thread that matters."""
    own = _frames(event.get("stacktrace"))
    if own:
        return own
    threads = [thread for thread in _listed(event.get("threads")) if isinstance(thread, dict)]
    for mark in ("crashed", "current"):
        for thread in threads:
            if thread.get(mark) is True:
                return _frames(thread.get("stacktrace"))
    return _frames(threads[0].get("stacktrace")) if len(threads) == 1 else ()


def _messages(event: Mapping[str, Any]) -> tuple[str, str]:
    """The message before and after its parameters, from whichever field holds one."""
    for key in ("logentry", "message", "sentry.interfaces.Message"):
        entry = event.get(key)
        if isinstance(entry, dict):
            template = text(entry.get("message")).strip()
            formatted = text(entry.get("formatted")).strip()
            if template or formatted:
                return template or formatted, formatted or _filled(template, entry.get("params"))
        elif text(entry).strip():
            return text(entry).strip(), text(entry).strip()
    return "", ""


def _filled(template: str, params: Any) -> str:
    """The template with its parameters, for people to read; placeholders without a value stay."""
    if not params or not isinstance(params, (list, dict)):
        return template
    rest = iter(params) if isinstance(params, list) else iter(())

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name and isinstance(params, dict):
            return text(params.get(name)) or match[0]
        return text(next(rest, None)) or match[0]

    return _PLACEHOLDER.sub(value, template)[:MAX_TEXT]
