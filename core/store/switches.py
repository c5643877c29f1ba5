"""Rows of switches: each change is a row, and takes back only what it changed itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import ConflictError, NotFoundError, UnprocessableError
from core.model.switches import Switch, SwitchChange
from core.store.paging import Cursor, Keyset, Page

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}")
HISTORY: Final = "changes"  # has an address of its own
LARGEST: Final = 4_096
NEWEST_FIRST: Final = Keyset(SwitchChange.id, SwitchChange.id)


class SwitchNotFoundError(NotFoundError):
    """There is no such switch, or its time is over."""

    code = "ML-SWI-0001"


class SwitchChangedError(ConflictError):
    """The switch was changed meanwhile."""

    code = "ML-SWI-0002"


@dataclass(frozen=True, slots=True)
class Change:
    """Who wants it and why; the value holds for ever if it has no end."""

    project_id: int
    name: str
    author: str
    why: str
    until: datetime | None = None


def in_force(session: Session, project_id: int, *, now: datetime) -> Sequence[Switch]:
    statement = select(Switch).where(Switch.project_id == project_id, _holds(now))
    return session.scalars(statement.order_by(Switch.name)).all()


def get(session: Session, project_id: int, name: str, *, now: datetime) -> Switch:
    found = _found(session, project_id, name, now)
    if found is None:
        raise SwitchNotFoundError(f"There is no switch {name!r}.")
    return found


def put(session: Session, change: Change, value: Any, *, now: datetime) -> Switch:
    """Whoever comes second waits for the first; the value is what it is written as in JSON."""
    _check(change.name, value)
    _lock(session, change, now)
    current = _found(session, change.project_id, change.name, now)
    old = None if current is None else current.value
    values = {
        "value": value,
        "version": _changed(session, change, old, value, now),
        "author": change.author,
        "why": change.why,
        "set_at": now,
        "until": change.until,
    }
    statement = insert(Switch).values(project_id=change.project_id, name=change.name, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[Switch.project_id, Switch.name], set_=values
    )
    return session.scalars(
        statement.returning(Switch), execution_options={"populate_existing": True}
    ).one()


def remove(session: Session, change: Change, *, now: datetime, version: int | None = None) -> None:
    """`version`: only if it is still what that change made of it."""
    current = _found(session, change.project_id, change.name, now, lock=True)
    if current is None:
        raise SwitchNotFoundError(f"There is no switch {change.name!r}.")
    if version is not None and current.version != version:
        raise SwitchChangedError(f"{change.name} was changed by {current.author} meanwhile.")
    _changed(session, change, current.value, None, now)
    session.execute(
        delete(Switch).where(Switch.project_id == change.project_id, Switch.name == change.name)
    )
    session.expunge(current)


def changes(
    session: Session, project_id: int, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `SwitchChange`."""
    statement = select(SwitchChange).where(SwitchChange.project_id == project_id)
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)


def _found(
    session: Session, project_id: int, name: str, now: datetime, *, lock: bool = False
) -> Switch | None:
    statement = select(Switch).where(
        Switch.project_id == project_id, Switch.name == name, _holds(now)
    )
    if lock:
        statement = statement.with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def _lock(session: Session, change: Change, now: datetime) -> None:
    _found(session, change.project_id, change.name, now, lock=True)


def _holds(now: datetime) -> Any:
    return or_(Switch.until.is_(None), Switch.until > now)


def _changed(session: Session, change: Change, old: Any, new: Any, now: datetime) -> int:
    row = SwitchChange(
        project_id=change.project_id,
        name=change.name,
        old=old,
        new=new,
        author=change.author,
        why=change.why,
        at=now,
        until=change.until,
    )
    session.add(row)
    session.flush()
    return row.id


def _check(name: str, value: Any) -> None:
    if NAME.fullmatch(name) is None or name == HISTORY:
        raise UnprocessableError(
            f"{name!r} is no name of a switch: letters, digits and . _ : @ / + -, 200 at most."
        )
    if value is None:
        raise UnprocessableError("A switch needs a value; take it away instead.")
    if len(orjson.dumps(value, default=str)) > LARGEST:
        raise UnprocessableError(f"The value of a switch has at most {LARGEST} bytes.")
