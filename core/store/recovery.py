"""Recoveries as rows: written by compare-and-set, counted for the guards, listed for people."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, CursorResult, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Recovery, RecoveryAttempt, RecoveryTarget, RecoveryTransition
from core.model.recovery import ATTEMPTS, RECOVERIES
from core.store import hooks
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Recovery.id, Recovery.id)
# One decision at a time in a project; the row stands for all of it.
_WHOLE: Final = "*"

_EVENTS: Final = text("""
    SELECT count(*), max(received_at) FROM events
    WHERE issue_id = :issue AND received_at > :since AND category = :category""")
# Of a flood that many are enough to know: fewer than there were make a judge stricter.
_OF_CATEGORY: Final = text("""
    SELECT count(*) FROM (
        SELECT FROM events
        WHERE issue_id = :issue AND category = :category
          AND received_at >= :since AND received_at < :until
        LIMIT 10000
    ) AS counted""")
_BASELINE: Final = text("""
    SELECT coalesce(sum(events), 0) FROM issue_minutes
    WHERE issue_id = :issue AND resolution = 60
      AND minute >= :since AND minute < date_trunc('minute', CAST(:until AS timestamptz))""")


class RecoveryNotFoundError(NotFoundError):
    """There is no such recovery."""

    code = "ML-REF-0040"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state, why, and whose."""

    old: str | None
    new: str
    reason: str
    actor: str


class Aim(NamedTuple):
    """What is acted on, and how. `scope` is the project, or 0 for what all projects share."""

    scope: int
    target: str
    action: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What guards count. `acts`: when the action was ordered for the target, newest first."""

    acts: Sequence[datetime]
    healthy_at: datetime | None
    live: int
    live_in_project: int
    live_in_component: int


def create(
    session: Session, values: Mapping[str, Any], change: Change, now: datetime
) -> int | None:
    """None where a recovery of the same subject lives already."""
    statement = (
        insert(Recovery)
        .values(**values, state=change.new, reason=change.reason, planned_at=now, state_at=now)
        .on_conflict_do_nothing(
            index_elements=["project_id", "subject"], index_where=text("ended_at IS NULL")
        )
        .returning(Recovery.id)
    )
    made = session.execute(statement).scalar()
    if made is not None:
        _note(session, made, change, now)
    return made


def locked(session: Session, recovery_id: int) -> Recovery:
    """As it is now, and as it stays until the transaction ends."""
    statement = (
        select(Recovery)
        .where(Recovery.id == recovery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalar(statement)
    if found is None:
        raise RecoveryNotFoundError(f"There is no recovery {recovery_id}.", recovery_id=recovery_id)
    return found


def move(
    session: Session, recovery: Recovery, change: Change, now: datetime, **values: Any
) -> bool:
    """False where the recovery is no longer in the old state; nothing is written then."""
    found = session.execute(
        update(RECOVERIES)
        .where(Recovery.id == recovery.id, Recovery.state == change.old)
        .values(state=change.new, reason=change.reason, state_at=now, **values)
    )
    assert isinstance(found, CursorResult)
    if found.rowcount != 1:
        return False
    _note(session, recovery.id, change, now)
    session.refresh(recovery)
    return True


def touch(session: Session, recovery: Recovery, **values: Any) -> None:
    """What changes without a change of state."""
    session.execute(update(RECOVERIES).where(Recovery.id == recovery.id).values(**values))
    session.refresh(recovery)


def _note(session: Session, recovery_id: int, change: Change, now: datetime) -> None:
    session.execute(
        insert(RecoveryTransition).values(
            recovery_id=recovery_id,
            old=change.old,
            new=change.new,
            reason=change.reason,
            actor=change.actor,
            at=now,
        )
    )
    hooks.occur(session, recovery_id, change, now)


def living(session: Session, project_id: int, subject: str) -> Recovery | None:
    """Locked, if there is one."""
    statement = select(Recovery).where(
        Recovery.project_id == project_id, Recovery.subject == subject, Recovery.ended_at.is_(None)
    )
    return session.scalar(statement.with_for_update())


def last_ended(
    session: Session, project_id: int, subject: str, *, category: str
) -> Recovery | None:
    statement = select(Recovery).where(
        Recovery.project_id == project_id,
        Recovery.subject == subject,
        Recovery.category == category,
        Recovery.ended_at.is_not(None),
    )
    return session.scalar(statement.order_by(Recovery.ended_at.desc()).limit(1))


def attempt(session: Session, recovery_id: int, values: Mapping[str, Any]) -> RecoveryAttempt:
    """The next one of its recovery, which the caller has locked."""
    last = select(func.coalesce(func.max(RecoveryAttempt.number), 0)).where(
        RecoveryAttempt.recovery_id == recovery_id
    )
    made = RecoveryAttempt(
        recovery_id=recovery_id, number=(session.scalar(last) or 0) + 1, **values
    )
    session.add(made)
    session.flush()
    return made


def move_attempt(
    session: Session, attempt: RecoveryAttempt, old: Sequence[str], new: str, **values: Any
) -> bool:
    """False where the attempt is in none of the old states."""
    found = session.execute(
        update(ATTEMPTS)
        .where(RecoveryAttempt.id == attempt.id, RecoveryAttempt.state.in_(old))
        .values(state=new, **values)
    )
    assert isinstance(found, CursorResult)
    session.refresh(attempt)
    return found.rowcount == 1


def get_attempt(session: Session, attempt_id: int) -> RecoveryAttempt:
    found = session.get(RecoveryAttempt, attempt_id, populate_existing=True)
    if found is None:
        raise RecoveryNotFoundError(f"There is no attempt {attempt_id}.", attempt_id=attempt_id)
    return found


def lock_targets(session: Session, aim: Aim, project_id: int, now: datetime) -> None:
    """Until the transaction ends nobody else decides about this project or this target."""
    for each in (Aim(project_id, _WHOLE, _WHOLE), aim):
        statement = insert(RecoveryTarget).values(**each._asdict(), seen_at=now)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["scope", "target", "action"], set_={"seen_at": now}
            )
        )


def counts(session: Session, recovery: Recovery, aim: Aim, *, since: datetime) -> Counts:
    mine = (RecoveryAttempt.scope == aim.scope, RecoveryAttempt.target == aim.target)
    acts = session.scalars(
        select(RecoveryAttempt.ordered_at)
        .where(*mine, RecoveryAttempt.action == aim.action, RecoveryAttempt.ordered_at > since)
        .order_by(RecoveryAttempt.ordered_at.desc())
    )
    row = session.get(RecoveryTarget, tuple(aim), populate_existing=True)
    in_project = (Recovery.project_id == recovery.project_id,)
    return Counts(
        acts=[at for at in acts if at is not None],
        healthy_at=row.healthy_at if row else None,
        live=_live(session, *mine),
        live_in_project=_live(session, *in_project),
        live_in_component=_live(session, *in_project, Recovery.component == recovery.component),
    )


def last_act(session: Session, aim: Aim, arguments: Mapping[str, Any]) -> RecoveryAttempt | None:
    """Also one that is under way."""
    statement = select(RecoveryAttempt).where(
        RecoveryAttempt.scope == aim.scope,
        RecoveryAttempt.target == aim.target,
        RecoveryAttempt.action == aim.action,
        RecoveryAttempt.arguments == dict(arguments),
        RecoveryAttempt.ordered_at.is_not(None),
    )
    return session.scalar(statement.order_by(RecoveryAttempt.ordered_at.desc()).limit(1))


def _live(session: Session, *where: ColumnElement[bool]) -> int:
    statement = (
        select(func.count())
        .select_from(RecoveryAttempt)
        .join(Recovery, Recovery.id == RecoveryAttempt.recovery_id)
        .where(RecoveryAttempt.ordered_at.is_not(None), RecoveryAttempt.ended_at.is_(None), *where)
    )
    return session.scalar(statement) or 0


def healthy(session: Session, attempt: RecoveryAttempt, now: datetime) -> None:
    """Acts before now count no more against the target."""
    session.execute(
        update(RecoveryTarget)
        .where(
            RecoveryTarget.scope == attempt.scope,
            RecoveryTarget.target == attempt.target,
            RecoveryTarget.action == attempt.action,
        )
        .values(healthy_at=now)
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """The events of an issue that are alike: one place may fail in several ways."""

    issue_id: int
    category: str


def events_since(session: Session, kind: Kind, since: datetime) -> tuple[int, datetime | None]:
    """How many, and when the last of them came."""
    values = {"issue": kind.issue_id, "category": kind.category, "since": since}
    count, last = session.execute(_EVENTS, values).one()
    return int(count), last


def baseline(session: Session, kind: Kind, until: datetime, *, span: timedelta) -> float:
    """Such events in a second before `until`; as many as its whole minutes know, at most."""
    values = {"issue": kind.issue_id, "since": until - span, "until": until}
    known = session.execute(_BASELINE, values).scalar_one()
    if known:
        about = values | {"category": kind.category}
        known = min(known, session.execute(_OF_CATEGORY, about).scalar_one())
    return float(known) / span.total_seconds()


def get(session: Session, recovery_id: int, *, project_id: int | None = None) -> Recovery:
    """Of this project only, if one is named."""
    found = session.get(Recovery, recovery_id)
    if found is None or project_id not in {None, found.project_id}:
        raise RecoveryNotFoundError(f"There is no recovery {recovery_id}.", recovery_id=recovery_id)
    return found


def attempts(session: Session, recovery_id: int) -> Sequence[RecoveryAttempt]:
    """In their order; refusals by guards are among them."""
    statement = select(RecoveryAttempt).where(RecoveryAttempt.recovery_id == recovery_id)
    return session.scalars(statement.order_by(RecoveryAttempt.number)).all()


def transitions(session: Session, recovery_id: int) -> Sequence[RecoveryTransition]:
    """Oldest first."""
    statement = select(RecoveryTransition).where(RecoveryTransition.recovery_id == recovery_id)
    return session.scalars(statement.order_by(RecoveryTransition.id)).all()


def of_event(
    session: Session, event_id: uuid.UUID, *, issue_id: int | None = None
) -> Sequence[Recovery]:
    """Those that the event began, or that its issue had; newest first."""
    mine: ColumnElement[bool] = Recovery.event_id == event_id
    if issue_id is not None:
        mine = mine | (Recovery.issue_id == issue_id)
    statement = select(Recovery).where(mine).order_by(Recovery.id.desc()).limit(100)
    return session.scalars(statement).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which recoveries are looked for; of a list any will do, and an empty one asks for nothing."""

    projects: Sequence[int] = ()
    states: Sequence[str] = ()
    components: Sequence[str] = ()
    categories: Sequence[str] = ()
    issues: Sequence[int] = ()


EVERY: Final = Wanted()


def page(
    session: Session, wanted: Wanted = EVERY, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `Recovery`."""
    statement = select(Recovery)
    lists: tuple[tuple[Any, Sequence[Any]], ...] = (
        (Recovery.project_id, wanted.projects),
        (Recovery.state, wanted.states),
        (Recovery.component, wanted.components),
        (Recovery.category, wanted.categories),
        (Recovery.issue_id, wanted.issues),
    )
    for column, values in lists:
        if values:
            statement = statement.where(column.in_(values))
    return ORDER.page(session, statement, cursor=cursor, limit=limit)
