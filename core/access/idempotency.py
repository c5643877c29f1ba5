"""Requests that may be repeated: the same key does the same thing once, for a day."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.errors import ConflictError, UnprocessableError
from core.model.idempotency import IdempotencyKey

KEPT: Final = timedelta(hours=24)
SWEEP: Final = 100


class InFlightError(ConflictError):
    """A request with this Idempotency-Key is being answered right now."""

    code = "ML-REF-0003"


class KeyReusedError(UnprocessableError):
    """This Idempotency-Key was used for another request."""

    code = "ML-VAL-0006"


@dataclass(frozen=True, slots=True)
class Repeatable:
    """What makes two requests the same request."""

    principal: str
    key: str
    route: str
    body_hash: bytes

    @property
    def lock(self) -> int:
        digest = hashlib.sha256(f"{self.principal}\0{self.key}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


def earlier_answer(session: Session, request: Repeatable, now: datetime) -> dict[str, Any] | None:
    """The answer that was given before. Holds the key until the transaction ends."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(request.lock))):
        raise InFlightError(retry_after=1)
    found = session.get(IdempotencyKey, (request.principal, request.key))
    if found is None or found.created_at <= now - KEPT:
        return None
    if (found.route, found.body_hash) != (request.route, request.body_hash):
        raise KeyReusedError
    return found.answer


def remember(
    session: Session, request: Repeatable, answer: dict[str, Any], *, now: datetime
) -> None:
    """In the transaction of what was done. Also sweeps out a few that are too old."""
    session.merge(
        IdempotencyKey(
            principal=request.principal,
            key=request.key,
            route=request.route,
            body_hash=request.body_hash,
            answer=answer,
            created_at=now,
        )
    )
    session.flush()
    stale = (
        select(IdempotencyKey.principal, IdempotencyKey.key)
        .where(IdempotencyKey.created_at <= now - KEPT)
        .order_by(IdempotencyKey.principal, IdempotencyKey.key)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    )
    for principal, key in session.execute(stale).all():
        session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.principal == principal, IdempotencyKey.key == key
            )
        )
