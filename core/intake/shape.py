"""Puts an event's well-known fields into the one shape that all later stages read."""

from collections.abc import Callable
from typing import Any, Final

Event = dict[str, Any]


def normalise(event: Event) -> Event:
    """Changes the event in place where old or odd clients differ.

    Afterwards: `exception`, `breadcrumbs` and `threads` are `{"values": [dict, …]}`, `logentry` is
    a dict, `tags`, `extra`, `contexts` and `user` are dicts, `fingerprint` is a list of strings,
    `level`, `platform`, `release`, `environment`, `transaction`, `logger` and `server_name` are
    strings; each of them may be missing.
    """
    for name, fix in _FIXES.items():
        found = event.get(name)
        if found is not None:
            fix(event, name, found)
    message = event.get("message")
    if message is not None and not event.get("logentry"):
        event["logentry"] = _entry(message)
    return event


def _values(event: Event, name: str, found: Any) -> None:
    listed = found.get("values", [found]) if isinstance(found, dict) else found
    if not isinstance(listed, list):
        listed = [listed]
    values = [_member(item) for item in listed if item is not None]
    if name == "exception":
        for value in values:
            _stacktrace(value)
    event[name] = {"values": values}


def _member(item: Any) -> Event:
    return item if isinstance(item, dict) else {"value": _string(item)}


def _stacktrace(value: Event) -> None:
    stacktrace = value.get("stacktrace")
    if stacktrace is None:
        return
    if isinstance(stacktrace, list):
        value["stacktrace"] = stacktrace = {"frames": stacktrace}
    if isinstance(stacktrace, dict):
        frames = stacktrace.get("frames")
        listed = frames if isinstance(frames, list) else []
        stacktrace["frames"] = [frame for frame in listed if isinstance(frame, dict)]


def _entry(message: Any) -> Event:
    if isinstance(message, dict):
        return message
    return {"formatted": _string(message)}


def _logentry(event: Event, name: str, found: Any) -> None:
    event[name] = _entry(found)


def _tags(event: Event, name: str, found: Any) -> None:
    pairs = found.items() if isinstance(found, dict) else _pairs(found)
    event[name] = {
        str(key): _string(value) for key, value in pairs if key is not None and value is not None
    }


def _pairs(found: Any) -> list[tuple[Any, Any]]:
    listed = found if isinstance(found, list) else [found]
    pairs: list[tuple[Any, Any]] = []
    for item in listed:
        if isinstance(item, list) and len(item) == 2:  # noqa: PLR2004 - a key and a value
            pairs.append((item[0], item[1]))
        elif isinstance(item, dict) and "key" in item:
            pairs.append((item["key"], item.get("value")))
        else:
            pairs.append((item, ""))
    return pairs


def _mapping(event: Event, name: str, found: Any) -> None:
    if not isinstance(found, dict):
        event[name] = {"value": found}


def _fingerprint(event: Event, name: str, found: Any) -> None:
    listed = found if isinstance(found, list) else [found]
    event[name] = [_string(part) for part in listed if part is not None]


def _text(event: Event, name: str, found: Any) -> None:
    if not isinstance(found, str):
        event[name] = _string(found)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_FIXES: Final[dict[str, Callable[[Event, str, Any], None]]] = {
    "exception": _values,
    "breadcrumbs": _values,
    "threads": _values,
    "logentry": _logentry,
    "tags": _tags,
    "extra": _mapping,
    "contexts": _mapping,
    "user": _mapping,
    "request": _mapping,
    "fingerprint": _fingerprint,
    "level": _text,
    "platform": _text,
    "release": _text,
    "environment": _text,
    "transaction": _text,
    "logger": _text,
    "server_name": _text,
}
