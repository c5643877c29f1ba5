"""Looks at a message before Celery does, since Celery ends or wedges on much of what may come."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from kombu import Message

from core.deadletters.refusal import UnreadableMessageError

LONGEST_NAME: Final = 255
LONGEST_TIME: Final = 64
LONGEST_LIMIT_SECONDS: Final = 30 * 86_400
# PostgreSQL, Python and Redis all bear the times between.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 3000
MOST_RETRIES: Final = 2**31
CANVAS: Final = frozenset({"callbacks", "errbacks", "chain", "chord"})


class Content(NamedTuple):
    """What a readable message asks for; `fields` are the headers that Celery goes by."""

    fields: Mapping[str, Any]
    args: list[Any]
    kwargs: dict[str, Any]


def examine(message: Message) -> Content:
    """Raises `UnreadableMessageError`, or what kombu's decoding raises."""
    headers: Any = message.headers
    if not isinstance(headers, dict):
        raise UnreadableMessageError("The headers are no mapping.")
    if not _text_or_none(message.content_type) or not _text_or_none(message.content_encoding):
        raise UnreadableMessageError("The content type or encoding is no text.")
    payload = message.payload
    if isinstance(payload, dict):
        return _protocol_1(headers, payload)
    match payload:
        case [args, kwargs, embed]:
            pass
        case _:
            raise UnreadableMessageError("The body is not [args, kwargs, embed].")
    _check_fields(headers)
    _check_body(args, kwargs, embed)
    return Content(headers, args, kwargs)


def _protocol_1(headers: dict[str, Any], payload: dict[str, Any]) -> Content:
    """How clients that are no Celery often send; headers win, as they do in Celery."""
    args, kwargs = payload.get("args"), payload.get("kwargs")
    fields = {**payload, **headers}
    _check_fields(fields)
    if payload.get("task") != fields["task"]:
        raise UnreadableMessageError("The body names another task than the headers.")
    _check_body(args, kwargs, {name: payload.get(name) for name in CANVAS})
    assert isinstance(args, list)
    assert isinstance(kwargs, dict)
    return Content(fields, args, kwargs)


def _check_fields(fields: Mapping[str, Any]) -> None:
    for name in ("id", "task"):
        if not _name(fields.get(name)):
            raise UnreadableMessageError(f"The header `{name}` is missing or no plain text.")
    for name, fits in FITS.items():
        value = fields.get(name)
        if value is not None and not fits(value):
            raise UnreadableMessageError(f"The header `{name}` cannot be used.")


def _check_body(args: Any, kwargs: Any, embed: Any) -> None:
    if not isinstance(args, list):
        raise UnreadableMessageError("The arguments are no list.")
    if not isinstance(kwargs, dict):
        raise UnreadableMessageError("The keyword arguments are no mapping.")
    if embed is not None and not _canvas(embed):
        raise UnreadableMessageError("The third part of the body is no set of callbacks.")


def _canvas(embed: Any) -> bool:
    return (
        isinstance(embed, dict)
        and embed.keys() <= CANVAS
        and all(
            value is None or isinstance(value, dict if name == "chord" else list)
            for name, value in embed.items()
        )
    )


def strip(message: Message, *names: str) -> None:
    """So that Celery does not go by these headers."""
    for carrier in (message.headers, message.payload):
        if isinstance(carrier, dict):
            for name in names:
                carrier.pop(name, None)


def moment(value: str) -> datetime:
    """A time as Celery writes it; without a zone it is UTC, as everything of ours is."""
    found = datetime.fromisoformat(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _time(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_TIME:
        return False
    try:
        return FIRST_YEAR <= moment(value).year < LAST_YEAR
    except (ValueError, OverflowError):
        return False


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOST_RETRIES


def _limits(value: Any) -> bool:
    match value:
        case [hard, soft]:
            return _seconds(hard) and _seconds(soft)
    return False


def _seconds(value: Any) -> bool:
    return value is None or (type(value) in {int, float} and 0 <= value <= LONGEST_LIMIT_SECONDS)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "timelimit": _limits,
    "retries": _count,
    "eta": _time,
    "expires": _time,
    "stamped_headers": _texts,
    "stamps": _mapping,
    "groups": _texts,
    "root_id": _text,
    "parent_id": _text,
    "group": _text,
    "shadow": _text,
    "replaced_task_nesting": _count,
}
