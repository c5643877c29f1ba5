"""Notifications and their attempts as rows; every change of state by compare-and-set."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from core.errors import NotFoundError
from core.model import Alert, AlertGroup, AlertGroupMember, DeliveryAttempt, Notification, WorkItem
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Notification.id, Notification.id)
WAITING, DELIVERED, SUPERSEDED, DEAD = "waiting", "delivered", "superseded", "dead"
# What may still be sent: a dead one is when it is replayed.
OPEN: Final = frozenset({WAITING, DEAD})
ACKNOWLEDGE, RESOLVE, DIGEST = "acknowledge", "resolve", "digest"
# What tells all of an episode as it stands, so that what came before need not be told any more.
WHOLE: Final = frozenset({"trigger", "update", RESOLVE})
# What is older has gone with its time, and not by somebody's hand.
LATELY: Final = timedelta(days=1)


class NotificationNotFoundError(NotFoundError):
    """There is no such notification."""

    code = "ML-REF-0080"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt ended; `error` is none where the channel took it."""

    seconds: float
    status: int | None = None
    excerpt: str | None = None
    retry_after: float | None = None
    provider_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which notifications are looked for. `only`: of this project."""

    only: int | None = None
    channel: str | None = None
    state: str | None = None
    kind: str | None = None
    dedup_key: str | None = None
    alert_id: int | None = None


def get(session: Session, notification_id: int, *, only: int | None = None) -> Notification:
    found = session.get(Notification, notification_id)
    if found is None or only not in {None, found.project_id}:
        raise NotificationNotFoundError(
            f"There is no notification {notification_id}.", notification_id=notification_id
        )
    return found


def locked(session: Session, notification_id: int) -> Notification | None:
    statement = select(Notification).where(Notification.id == notification_id)
    return session.scalar(statement.with_for_update())


def followed(session: Session, notification: Notification) -> bool:
    """Whether something later tells all that this one would: it must not be told after that."""
    if notification.kind not in {*WHOLE, ACKNOWLEDGE}:
        return False
    told = [Notification.kind == RESOLVE]
    if notification.kind != ACKNOWLEDGE:
        covers = Notification.alert_ids.contains(notification.alert_ids)
        told.append(and_(Notification.kind.in_(WHOLE), covers))
    later = exists().where(*_same_episode(notification), or_(*told))
    return bool(session.scalar(select(later)))


def _same_episode(notification: Notification) -> tuple[ColumnElement[bool], ...]:
    return (
        Notification.channel == notification.channel,
        Notification.dedup_key == notification.dedup_key,
        Notification.id > notification.id,
    )


def thread(session: Session, notification: Notification) -> str | None:
    """How the channel calls the first message of the episode."""
    statement = (
        select(Notification.thread)
        .where(
            Notification.channel == notification.channel,
            Notification.dedup_key == notification.dedup_key,
            Notification.id < notification.id,
            Notification.thread.is_not(None),
        )
        .order_by(Notification.id)
        .limit(1)
    )
    return session.scalar(statement)


def begin(session: Session, notification: Notification, now: datetime) -> int:
    """The id of an attempt that is about to be made."""
    before = select(func.count()).where(DeliveryAttempt.notification_id == notification.id)
    statement = insert(DeliveryAttempt).values(
        notification_id=notification.id,
        channel=notification.channel,
        attempt=before.scalar_subquery() + 1,
        at=now,
    )
    return session.execute(statement.returning(DeliveryAttempt.id)).scalar_one()


def unmade(session: Session, attempt_id: int) -> None:
    """It was not made after all."""
    session.execute(delete(DeliveryAttempt).where(DeliveryAttempt.id == attempt_id))


def ended(session: Session, attempt_id: int, outcome: Outcome) -> None:
    values = {name: getattr(outcome, name) for name in Outcome.__slots__}
    session.execute(
        update(DeliveryAttempt).where(DeliveryAttempt.id == attempt_id).values(**values)
    )


def close(session: Session, notification_id: int, state: str, now: datetime, **values: Any) -> bool:
    """False where it had its end already."""
    statement = (
        update(Notification)
        .where(Notification.id == notification_id, Notification.state.in_(OPEN))
        .values(state=state, ended_at=now, **values)
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def reopen(session: Session, notification_id: int, work_id: int) -> bool:
    """A dead one waits again, for another piece of work."""
    statement = (
        update(Notification)
        .where(Notification.id == notification_id, Notification.state == DEAD)
        .values(state=WAITING, ended_at=None, work_id=work_id)
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def abandoned(session: Session, *, limit: int) -> Sequence[int]:
    """Those whose work has ended without them, as when its workers were killed too often."""
    live = exists().where(
        WorkItem.id == Notification.work_id,
        WorkItem.state.in_(("waiting", "published", "running")),
    )
    statement = select(Notification.id).where(Notification.state == WAITING, ~live).limit(limit)
    return session.scalars(statement.with_for_update(skip_locked=True)).all()


@dataclass(frozen=True, slots=True)
class Promised:
    """Channels that are told of ends: `stateful` ones keep what is open until then, for `others`
    it is news. `firing_only` are routes that tell the others nothing of it.
    """

    stateful: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    firing_only: frozenset[str] = frozenset()

    @property
    def channels(self) -> frozenset[str]:
        return self.stateful | self.others


def owing(
    session: Session, promised: Promised, *, before: datetime, limit: int
) -> Sequence[Notification]:
    """The last that was told of an episode that is over, where its end was never decided.

    Not those that nobody can have got: no attempt of the episode was ever begun. Others than the
    stateful channels are told only where a group has lost its alerts, as when they were deleted:
    as long as they are there, their end is decided with the group, and be it as a digest. A digest
    that a stateful channel was sent is open there until all of its alerts are over.
    """
    earlier, later = aliased(Notification), aliased(Notification)
    same = (later.channel == Notification.channel, later.dedup_key == Notification.dedup_key)
    followers = exists().where(*same, later.id > Notification.id, later.kind.in_(WHOLE))
    begun = (
        exists()
        .where(
            DeliveryAttempt.notification_id == earlier.id,
            earlier.channel == Notification.channel,
            earlier.dedup_key == Notification.dedup_key,
        )
        .correlate(Notification)
    )
    statement = (
        select(Notification)
        .where(
            or_(
                Notification.channel.in_(promised.stateful),
                and_(
                    Notification.channel.in_(promised.others),
                    Notification.kind != DIGEST,
                    _bereft(promised, before),
                ),
            ),
            Notification.kind.in_({*WHOLE, DIGEST} - {RESOLVE}),
            Notification.created_at < before,
            ~followers,
            begun,
            ~exists().where(
                AlertGroup.id == Notification.group_id,
                AlertGroup.closed_at.is_(None),
                ~_emptied(before),
            ),
            ~exists().where(
                Alert.id == func.any(Notification.alert_ids), Alert.resolved_at.is_(None)
            ),
        )
        .order_by(Notification.id)
        .limit(limit)
    )
    return session.scalars(statement.with_for_update(skip_locked=True)).all()


def _emptied(before: datetime) -> ColumnElement[bool]:
    """Its alerts were deleted since it was looked at: nothing brings it up any more."""
    members = exists().where(AlertGroupMember.group_id == AlertGroup.id).correlate(AlertGroup)
    return and_(AlertGroup.last_flush_at.is_not(None), AlertGroup.last_flush_at < before, ~members)


def _bereft(promised: Promised, before: datetime) -> ColumnElement[bool]:
    """Its group was there a moment ago, and none of its alerts is any more."""
    lately = or_(AlertGroup.closed_at.is_(None), AlertGroup.closed_at > before - LATELY)
    group = exists().where(
        AlertGroup.id == Notification.group_id,
        AlertGroup.route.not_in(promised.firing_only),
        lately,
    )
    return and_(group, ~exists().where(Alert.id == func.any(Notification.alert_ids)))


def revivable(session: Session, channels: Collection[str], *, limit: int) -> Sequence[Notification]:
    """Ends that were given up, where the channel has taken something since."""
    later = aliased(Notification)
    since = exists().where(
        later.channel == Notification.channel,
        later.state == DELIVERED,
        later.ended_at > Notification.ended_at,
    )
    statement = (
        select(Notification)
        .where(
            Notification.channel.in_(channels),
            Notification.kind == RESOLVE,
            Notification.state == DEAD,
            since,
        )
        .order_by(Notification.id)
        .limit(limit)
    )
    return session.scalars(statement.with_for_update(skip_locked=True)).all()


def attempts(session: Session, notification_ids: Sequence[int]) -> Sequence[DeliveryAttempt]:
    """In the order in which they were made."""
    statement = select(DeliveryAttempt).where(DeliveryAttempt.notification_id.in_(notification_ids))
    return session.scalars(statement.order_by(DeliveryAttempt.id)).all()


def page(session: Session, asked: Asked, *, cursor: Cursor | None = None, limit: int = 100) -> Page:
    """Newest first; each row begins with the `Notification`."""
    statement: Select[Any] = select(Notification)
    if asked.only is not None:
        statement = statement.where(Notification.project_id == asked.only)
    if asked.alert_id is not None:
        statement = statement.where(Notification.alert_ids.contains([asked.alert_id]))
    for name in ("channel", "state", "kind", "dedup_key"):
        wanted = getattr(asked, name)
        if wanted is not None:
            statement = statement.where(getattr(Notification, name) == wanted)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)
