"""`POST /api/errors`: from one report in plain JSON to an event in Sentry's format."""

from collections.abc import Mapping
from typing import Any, Final

from core.errors import InvalidInputError
from core.intake import moment
from core.intake.rejection import Reason

Event = dict[str, Any]

CONTEXT: Final = "mendline"
_LONGEST_NAME: Final = 200
_LEVELS: Final = {
    "critical": "fatal",
    "fatal": "fatal",
    "emergency": "fatal",
    "panic": "fatal",
    "high": "error",
    "error": "error",
    "err": "error",
    "medium": "warning",
    "warning": "warning",
    "warn": "warning",
    "low": "info",
    "notice": "info",
    "info": "info",
    "information": "info",
    "debug": "debug",
    "verbose": "debug",
    "trace": "debug",
}
_TRACES: Final = ("stacktrace", "stack", "traceback")
_KNOWN: Final = frozenset({"type", "message", "module", "code", "http_status"})
_OBJECTS: Final = frozenset({"replay", "tags"})
_TEXTS: Final = frozenset(
    {"code", "component", "http_status", "message", "operation", "operation_id", "platform"}
    | {"severity", "timestamp", "type"}
)
_READ: Final = frozenset(
    {
        "attempt",
        "code",
        "component",
        "context",
        "environment",
        "error",
        "event_id",
        "fingerprint",
        "http_status",
        "operation",
        "operation_id",
        "platform",
        "release",
        "replay",
        "severity",
        "tags",
        "timestamp",
    }
)


def check(report: Any) -> Mapping[str, Any]:
    """Refuses what tells no error at all; any other field may be odd."""
    if not isinstance(report, Mapping):
        raise _invalid('the body must be a JSON object with a field "error"')
    error = report.get("error")
    words = (error.get("message"), error.get("type")) if isinstance(error, Mapping) else (error,)
    if any(isinstance(word, str) and word.strip() for word in words):
        return report
    raise _invalid('the field "error" must be a message, or an object with "type" and "message"')


def _invalid(what: str) -> InvalidInputError:
    return InvalidInputError(what, reason=Reason.INVALID)


def attempt(report: Mapping[str, Any]) -> int | None:
    """Which try of the operation failed; none where the client does not say it."""
    told = report.get("attempt")
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 7:  # noqa: PLR2004 - beyond a million it is no count
        told = int(told)
    return told if type(told) is int and 1 <= told <= 1_000_000 else None  # noqa: PLR2004


def to_event(report: Mapping[str, Any]) -> Event:
    """The report in Sentry's format; what Sentry has no field for goes to `contexts.mendline`."""
    error = report.get("error")
    event: Event = {
        "platform": _word(report.get("platform")) or "other",
        "level": _level(report.get("severity")),
        **_failure(error),
        "extra": _extra(report),
        "contexts": {CONTEXT: _context(report)},
        "tags": _tags(report),
    }
    for name in ("release", "environment", "fingerprint", "event_id"):
        if report.get(name) is not None:
            event[name] = report[name]
    when = moment.read(report.get("timestamp"))
    if when is not None:
        event["timestamp"] = moment.written(when)
    for name in ("code", "http_status"):
        told = _told(report, error, name)
        if told is not None:
            event[name] = told
    return event


def _told(report: Mapping[str, Any], error: Any, name: str) -> Any:
    within = error.get(name) if isinstance(error, Mapping) else None
    found = report.get(name) if within is None else within
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def _failure(error: Any) -> Event:
    """A plain message stays one: taking it apart is analysis' work."""
    if not isinstance(error, Mapping):
        return {"logentry": {"formatted": _text(error)}}
    kind, message = _word(error.get("type")), _text(error.get("message"))
    trace = error.get(_trace_name(error))
    if not kind and not trace:
        return {"logentry": {"formatted": message}}
    value: Event = {"type": kind or "Error", "value": message}
    given = {"stacktrace": trace, "module": error.get("module"), "code": error.get("code")}
    return {
        "exception": {"values": [value | {name: found for name, found in given.items() if found}]}
    }


def _trace_name(error: Mapping[str, Any]) -> str:
    """Ours, or that by which the errors of JavaScript and Python have their trace."""
    return next((name for name in _TRACES if error.get(name)), _TRACES[0])


def _level(severity: Any) -> str:
    return _LEVELS.get(severity.strip().lower(), "error") if isinstance(severity, str) else "error"


def _extra(report: Mapping[str, Any]) -> Event:
    """The context, and fields that we do not know: nothing that was told is thrown away."""
    unknown = {
        name: value for name, value in report.items() if name not in _READ or _odd(name, value)
    }
    error = report.get("error")
    if isinstance(error, Mapping):
        known = _KNOWN | {_trace_name(error)}
        unknown |= {
            f"error.{name}": value
            for name, value in error.items()
            if name not in known or _odd(name, value)
        }
    context = report.get("context")
    if context is None:
        return unknown
    return unknown | (dict(context) if isinstance(context, Mapping) else {"context": context})


def _odd(name: str, value: Any) -> bool:
    """Whether this is not what the field is read as, so that it would be nowhere."""
    if not value:
        return False
    if name in _OBJECTS:
        return not isinstance(value, Mapping)
    return name in _TEXTS and isinstance(value, Mapping | list)


def _context(report: Mapping[str, Any]) -> Event:
    """What the recovery needs: the operation, its attempt, and how to run it again."""
    kept: Event = {"attempt": attempt(report) or 1}
    for name in ("component", "operation", "operation_id"):
        found = _word(report.get(name))
        if found:
            kept[name] = found
    if isinstance(report.get("replay"), Mapping):
        kept["replay"] = dict(report["replay"])
    if report.get("timestamp") is not None and moment.read(report["timestamp"]) is None:
        kept["unreadable_timestamp"] = _text(report["timestamp"])[:_LONGEST_NAME]
    if report.get("severity") is not None:
        kept["severity"] = _text(report["severity"])[:_LONGEST_NAME]
    return kept


def _tags(report: Mapping[str, Any]) -> Event:
    told = report.get("tags")
    pairs = told.items() if isinstance(told, Mapping) else ()
    tags: Event = {str(name): _text(value) for name, value in pairs}
    for name in ("component", "operation"):
        found = _word(report.get(name))
        if found:
            tags[name] = found
    return tags


def _word(value: Any) -> str:
    """A short name: of a component, an operation, a type."""
    return _text(value).strip()[:_LONGEST_NAME]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, Mapping | list):
        return ""
    return str(value)
