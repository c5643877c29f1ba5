"""API keys as people issue and revoke them, and who did."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.access import keys
from core.access.audit import Act, Actor, record
from core.access.keys import Created, NewKey
from core.model import ApiKey


def issue(session: Session, wanted: NewKey, actor: Actor, *, now: datetime) -> Created:
    made = keys.create(session, wanted, now=now)
    told = {"role": made.key.role, "label": made.key.label}
    _record(session, "key.issue", made.key, actor, now=now, **told)
    return made


def revoke(
    session: Session, key_id: int, actor: Actor, *, now: datetime, project_id: int | None = None
) -> ApiKey:
    """`project_id` limits it to the keys of one project; others are not there."""
    key = keys.get(session, key_id, project_id=project_id)
    if key.revoked_at is None:
        _record(session, "key.revoke", key, actor, now=now)
    return keys.revoke(session, key.id, now=now)


def _record(
    session: Session, name: str, key: ApiKey, actor: Actor, *, now: datetime, **detail: Any
) -> None:
    act = Act(
        name=name,
        subject="key",
        subject_id=key.id,
        project_id=key.project_id,
        detail={"prefix": key.prefix, **detail},
    )
    record(session, actor, act, now=now)
