"""Whoever decides that people are to be told writes it here, in the transaction of the decision."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.alerts.channel import AlertView, Notice, NoticeKind, rank
from core.alerts.snapshot import written
from core.model import Notification
from core.store.work import WorkOrder

DELIVER: Final = "alerts.deliver"
QUEUE: Final = "alerts"
ATTEMPTS: Final = 20
# How long people wait at most when the worker that would tell them is killed.
LEASE_SECONDS: Final = 15
# Of our ten priorities: an alarm goes before an all-clear, and both before what is not urgent.
PRIORITIES: Final = {"critical": 0, "high": 1}
USUAL_PRIORITY: Final = 2

Add = Callable[[Session, WorkOrder], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`dedup_key` is of the group and the episode. Without a group there is no `flush_seq`."""

    channel: str
    kind: NoticeKind
    dedup_key: str
    title: str
    summary: str
    alerts: Sequence[AlertView] = ()
    group_labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    group_id: int | None = None
    flush_seq: int | None = None
    project_id: int | None = None


def dedup_key(group: str, episode: int) -> str:
    """Short enough for PagerDuty (255 characters), and the same for all that is told of it."""
    return hashlib.blake2b(f"{group}\x00{episode}".encode(), digest_size=16).hexdigest()


def notify(session: Session, wanted: Wanted, *, add: Add, now: datetime) -> int | None:
    """The id of the notification; none where this flush has told this channel already."""
    made = session.execute(
        insert(Notification)
        .values(
            project_id=wanted.project_id,
            group_id=wanted.group_id,
            flush_seq=wanted.flush_seq,
            channel=wanted.channel,
            kind=wanted.kind.value,
            dedup_key=wanted.dedup_key,
            webhook_id=webhook_id(wanted, now),
            alert_ids=sorted({each.id for each in wanted.alerts}),
            notice=written(_notice(wanted, now)),
            state="waiting",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id)
    ).scalar()
    if made is not None:
        work_id = add(session, order(made, wanted.channel, wanted))
        session.get_one(Notification, made).work_id = work_id
    return made


def order(notification_id: int, channel: str, about: "Wanted | Notification") -> WorkOrder:
    """At most one of an episode is under way to a channel, so that none overtakes another."""
    return WorkOrder(
        task=DELIVER,
        arguments={"notification_id": notification_id},
        queue=QUEUE,
        priority=_priority(about),
        target=target(channel),
        unique_key=f"{DELIVER}-{notification_id}",
        concurrency_key=f"{target(channel)}-{about.dedup_key}",
        max_attempts=ATTEMPTS,
        lease_seconds=LEASE_SECONDS,
    )


def target(channel: str) -> str:
    """The name of the breaker of a channel."""
    return f"channel:{channel}"


def webhook_id(wanted: Wanted, now: datetime) -> str:
    """The same whenever the same flush is decided again."""
    which = f"{wanted.channel}\x00{wanted.dedup_key}\x00{wanted.kind}"
    when = now.isoformat() if wanted.flush_seq is None else f"{wanted.group_id}-{wanted.flush_seq}"
    return "ntf_" + hashlib.blake2b(f"{which}\x00{when}".encode(), digest_size=16).hexdigest()


def _notice(wanted: Wanted, now: datetime) -> Notice:
    return Notice(
        kind=wanted.kind,
        dedup_key=wanted.dedup_key,
        webhook_id=webhook_id(wanted, now),
        title=wanted.title,
        summary=wanted.summary,
        alerts=tuple(sorted(wanted.alerts, key=lambda each: (each.resolved, rank(each.severity)))),
        group_labels=wanted.group_labels,
        url=wanted.url,
    )


def _priority(about: "Wanted | Notification") -> int:
    if about.kind != NoticeKind.TRIGGER or isinstance(about, Notification):
        return USUAL_PRIORITY
    found = (PRIORITIES.get(each.severity, USUAL_PRIORITY) for each in about.alerts)
    return min(found, default=USUAL_PRIORITY)
