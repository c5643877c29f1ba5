"""A letter as people see it: whole, with the secrets masked."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from core.access import audit
from core.deadletters.content import content
from core.deadletters.edits import SUBJECT, versions
from core.intake.scrub import clean, scrub
from core.intake.secrets import FILTERED
from core.model.deadletters import DeadLetter
from core.store.storable import storable

# Celery's own description of the arguments: text in which no name tells where a secret stands.
DESCRIBED: Final = frozenset({"argsrepr", "kwargsrepr"})
DEEPEST: Final = 3  # a body in an envelope in a letter


def masked(letter: DeadLetter) -> dict[str, Any]:
    """Every field for a person to look at; what a replay sends is the letter itself."""
    fields: dict[str, Any] = {
        name: getattr(letter, name)
        for name in DeadLetter.__table__.columns.keys()  # noqa: SIM118
    }
    raw: bytes | None = fields.pop("raw")
    fields["group"] = fields.pop("fingerprint")
    if fields["arguments"] is None and (told := content(letter)):
        fields["arguments"] = storable(told.written())
    fields["headers"] = _headers(fields["headers"])
    shown = {name: value_masked(value) for name, value in fields.items()}
    shown["raw"] = raw_masked(raw) if raw is not None else None
    return shown


def whole(session: Session, letter: DeadLetter) -> dict[str, Any]:
    """As `masked`, with its versions and with who did what to it."""
    edits = [
        {
            "version": each.version,
            "arguments": value_masked(each.arguments),
            "queue": each.queue,
            "author": each.author,
            "made_at": each.made_at,
        }
        for each in versions(session, letter.id)
    ]
    return masked(letter) | {"edits": edits, "acts": audit.of(session, SUBJECT, letter.id)}


def value_masked(value: Any) -> Any:
    """By the names of fields and by the form of values."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping | list):
        event = {"extra": {"value": storable(value)}}
        scrub(event)
        return event["extra"]["value"]
    return value


def raw_masked(raw: bytes, *, depth: int = 0) -> str:
    """JSON is masked by its names; what cannot be read, by the form of what stands in it."""
    try:
        found = storable(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return clean(raw.decode("utf-8", "backslashreplace"))
    if isinstance(found, dict) and depth < DEEPEST and (inner := _body(found)) is not None:
        found["body"] = raw_masked(inner, depth=depth + 1)
    return orjson.dumps(value_masked(found)).decode()


def _body(envelope: Mapping[str, Any]) -> bytes | None:
    """The message in an envelope of the broker, as kombu packs it for Redis."""
    body = envelope.get("body")
    if not isinstance(body, str):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return body.encode("utf-8", "replace")


def _headers(headers: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if headers is None:
        return None
    return {name: FILTERED if name in DESCRIBED else value for name, value in headers.items()}
