"""Writing a dead letter, once per capture key, inside the transaction of whoever gives up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import ErrorReport
from core.model.deadletters import DeadLetter
from core.store.storable import storable, text

MESSAGE_LIMIT = 8_192
TRACEBACK_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Capture:
    """What is known of a message or a piece of work that failed for good.

    `reason` is one word: exhausted, permanent, poison, not_ledgered, unknown_task, undecodable,
    refused, expired, revoked, reported. `raw` is the body of a message as it came; `broker` names
    another application's broker, `target` what a hold on the work holds. `replay_of` is the letter
    whose replay failed. Times are the caller's.
    """

    capture_key: str
    reason: str
    task: str | None = None
    queue: str | None = None
    broker: str | None = None
    message_id: str | None = None
    work_id: int | None = None
    project_id: int | None = None
    arguments: Mapping[str, Any] | None = None
    headers: Mapping[str, Any] | None = None
    raw: bytes | None = None
    error: ErrorReport | None = None
    history: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    attempts: int = 0
    target: str | None = None
    replay_of: int | None = None


def insert_capture(session: Session, capture: Capture, now: datetime) -> int:
    """The id of the letter, also when it had been captured before."""
    statement = (
        insert(DeadLetter)
        .values(_values(capture) | {"state": "open", "created_at": now})
        .on_conflict_do_nothing(index_elements=["capture_key"])
        .returning(DeadLetter.id)
    )
    written = session.execute(statement).scalar()
    if written is not None:
        return written
    known = select(DeadLetter.id).where(DeadLetter.capture_key == capture.capture_key)
    return session.execute(known).scalar_one()


def _values(capture: Capture) -> dict[str, Any]:
    error = capture.error
    return {
        "capture_key": capture.capture_key,
        "reason": capture.reason,
        "task": _text(capture.task),
        "queue": _text(capture.queue),
        "broker": capture.broker,
        "message_id": _text(capture.message_id),
        "work_id": capture.work_id,
        "project_id": capture.project_id,
        "arguments": storable(capture.arguments),
        "headers": storable(capture.headers),
        "raw": capture.raw,
        "error_code": error.code if error else None,
        "category": error.category if error else None,
        "error_type": error.type if error else None,
        "message": _text(error.message[:MESSAGE_LIMIT]) if error else None,
        "traceback": _text((error.traceback or "")[-TRACEBACK_LIMIT:]) if error else None,
        "history": storable(list(capture.history)),
        "attempts": capture.attempts,
        "target": capture.target,
        "replay_of": capture.replay_of,
    }


def _text(value: str | None) -> str | None:
    return None if value is None else text(value)
