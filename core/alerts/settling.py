"""What was promised and got lost on the way: looked for by the clock, and made good.

1. A notification whose work has ended without it is dead, and can be replayed.
2. A channel is told the end of what it was told, even where nobody is left who would decide it:
   its rule, its alerts or its group are gone. Those that do not send ends, and those whose route
   does not, are left in peace.
3. An end that was given up is tried again once the channel takes messages again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.channel import RESOLVED, NoticeKind
from core.alerts.notify import Add, Wanted, notify, order
from core.alerts.snapshot import read
from core.model import Notification
from core.store import notifications as rows
from core.store.notifications import Promised

# Whoever decides the end of an episode usually does it in the same transaction.
GRACE: Final = timedelta(minutes=2)
ROUND: Final = 100


@dataclass(frozen=True, slots=True)
class Settled:
    abandoned: int = 0
    resolved: int = 0
    revived: int = 0


@dataclass(frozen=True, slots=True)
class Settler:
    add: Add
    promised: Promised
    grace: timedelta = GRACE

    def settle(self, session: Session, now: datetime) -> Settled:
        abandoned = rows.abandoned(session, limit=ROUND)
        for notification_id in abandoned:
            rows.close(session, notification_id, rows.DEAD, now)
        owing = rows.owing(session, self.promised, before=now - self.grace, limit=ROUND)
        for last in owing:
            self._resolve(session, last, now)
        revivable = rows.revivable(session, self.promised.channels, limit=ROUND)
        for each in revivable:
            replay(session, each, add=self.add)
        return Settled(len(abandoned), len(owing), len(revivable))

    def _resolve(self, session: Session, last: Notification, now: datetime) -> None:
        notice = read(last.notice)
        ended = tuple(
            replace(each, state=RESOLVED, resolved_at=each.resolved_at or now)
            for each in notice.alerts
        )
        wanted = Wanted(
            channel=last.channel,
            kind=NoticeKind.RESOLVE,
            dedup_key=last.dedup_key,
            title=notice.title,
            summary="It is over: nothing is left that would say otherwise.",
            alerts=ended,
            group_labels=notice.group_labels,
            url=notice.url,
            project_id=last.project_id,
        )
        notify(session, wanted, add=self.add, now=now)


def replay(session: Session, notification: Notification, *, add: Add) -> int:
    """A dead one waits again; the id of the work."""
    work_id = add(session, order(notification.id, notification.channel, notification))
    rows.reopen(session, notification.id, work_id)
    return work_id
