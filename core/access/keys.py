"""API keys: made once, shown once, kept as a hash.

A key is 256 random bits, so a fast hash is enough; a password would need a slow one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access.roles import Principal, Role
from core.errors import InvalidInputError, NotFoundError, UnauthenticatedError
from core.model import ApiKey
from core.store.paging import Cursor, Keyset, Page

MARK: Final = "mend_"  # so that people and secret scanners know one when they see it
SHOWN: Final = 12
ORDER: Final = Keyset(ApiKey.id, ApiKey.id)
NOTED_EVERY: Final = timedelta(minutes=1)


class KeyNotFoundError(NotFoundError):
    """There is no such API key."""

    code = "ML-REF-0016"


class ExpiredKeyError(UnauthenticatedError):
    """The API key has expired."""

    code = "ML-AUTH-0003"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    role: Role
    project_id: int | None = None
    label: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """`plain` is here and nowhere else: it cannot be found out again."""

    key: ApiKey
    plain: str


def create(session: Session, wanted: NewKey, *, now: datetime) -> Created:
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise InvalidInputError("An API key cannot expire in the past.")
    return _keep(session, wanted, MARK + secrets.token_urlsafe(32), now)


def adopt(session: Session, wanted: NewKey, plain: str, *, now: datetime) -> ApiKey:
    """Makes a key that was chosen elsewhere valid, unless it is known already."""
    known = session.scalar(select(ApiKey).where(ApiKey.key_hash == hashed(plain)))
    return known or _keep(session, wanted, plain, now).key


def _keep(session: Session, wanted: NewKey, plain: str, now: datetime) -> Created:
    key = ApiKey(
        prefix=plain[:SHOWN],
        key_hash=hashed(plain),
        role=wanted.role,
        project_id=wanted.project_id,
        label=wanted.label,
        created_at=now,
        expires_at=wanted.expires_at,
    )
    session.add(key)
    session.flush()
    return Created(key, plain)


def hashed(plain: str) -> bytes:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def verify(session: Session, plain: str, *, now: datetime) -> Principal:
    """Whose key this is. Unknown, revoked and expired keys: `UnauthenticatedError`."""
    wanted = hashed(plain)
    key = session.scalar(select(ApiKey).where(ApiKey.key_hash == wanted))
    if key is None or not hmac.compare_digest(key.key_hash, wanted) or key.revoked_at is not None:
        raise UnauthenticatedError
    if key.expires_at is not None and key.expires_at <= now:
        raise ExpiredKeyError(f"The API key {key.prefix}… has expired.", prefix=key.prefix)
    _note_use(session, key, now)
    return Principal(
        name=f"key:{key.prefix}", role=Role(key.role), project_id=key.project_id, key_id=key.id
    )


def _note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """At most once a minute, and never by waiting for another request that notes the same."""
    if key.last_used_at is not None and key.last_used_at > now - NOTED_EVERY:
        return
    free = select(ApiKey.id).where(ApiKey.id == key.id).with_for_update(skip_locked=True)
    session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(free))
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def every(session: Session, *, project_id: int | None = None) -> Sequence[ApiKey]:
    """Newest first, with the revoked ones."""
    statement = select(ApiKey).order_by(ApiKey.id.desc())
    if project_id is not None:
        statement = statement.where(ApiKey.project_id == project_id)
    return session.scalars(statement).all()


def page(
    session: Session, *, only: int | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """As `every`, in pages; each row begins with the `ApiKey`."""
    statement = select(ApiKey) if only is None else select(ApiKey).where(ApiKey.project_id == only)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def get(session: Session, key_id: int, *, project_id: int | None = None) -> ApiKey:
    """`project_id` limits it to the keys of one project; others are not there."""
    key = session.get(ApiKey, key_id)
    if key is None or (project_id is not None and key.project_id != project_id):
        raise KeyNotFoundError(f"There is no API key {key_id}.", key_id=key_id)
    return key


def revoke(session: Session, key_id: int, *, now: datetime) -> ApiKey:
    """At once and for good; a second time changes nothing."""
    key = get(session, key_id)
    key.revoked_at = key.revoked_at or now
    session.flush()
    return key
