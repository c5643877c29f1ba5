"""Groups whose time has come are decided about, and what is to be told becomes notifications.

1. One at a time holds the lock: two that flush at once would each spend the whole budget.
2. Changes of state are absorbed first, then what may hold alerts back is read, then groups are
   decided about: what inhibits or silences is always known before anything is told.
3. A decision takes its number (`alert_flushes`) before it counts: of two only one can have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from core.alerts import absorbing, digests, silencing
from core.alerts.absorbing import entry
from core.alerts.budget import Room, room
from core.alerts.channel import NoticeKind
from core.alerts.flush import Flushed, Group, Member, Picture, Wanted, Way, flush
from core.alerts.inhibition import Inhibitions
from core.alerts.notify import Add, dedup_key, notify
from core.alerts.notify import Wanted as Notice
from core.alerts.pictures import pictured, viewed
from core.alerts.route import Plan
from core.alerts.silence import Silences, next_change
from core.alerts.trace import Step
from core.alerts.waking import wake
from core.alerts.wording import project, summary, title
from core.model import Alert, AlertGroup, AlertGroupMember
from core.store import alert_groups as rows
from core.store import notifying

# Changes of state, and groups, that one transaction takes.
CHANGES: Final = 2_000
ROUNDS: Final = 10
GROUPS: Final = 200
QUIET: Final = timedelta(minutes=5)
# What comes later is seen by the job that looks every few seconds.
SOON: Final = timedelta(minutes=1)

Pairs = Sequence[tuple[AlertGroupMember, Alert]]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run did. `closed`: incidents that are over."""

    changes: int = 0
    groups: int = 0
    notifications: int = 0
    closed: int = 0


class Flusher:
    """Decides what is told. `plan` is what configuration says now."""

    def __init__(self, plan: Plan, add: Add, *, public_url: str = "") -> None:
        self.plan = plan
        self.add = add
        self.public_url = public_url

    def run(self, session: Session, now: datetime) -> Ran:
        rows.lock(session)
        changes = self._absorb(session, now)
        live = silencing.sweep(session, now)
        due = rows.due(session, now, limit=GROUPS)
        told = 0
        if due:
            board = _Board(self, session, now, Silences.holding(live, now))
            found = rows.members(session, [group.id for group in due])
            for group in due:
                told += board.settle(group, found.get(group.id, ()))
            rows.write_down(session, board.notes)
        closed = rows.close_quiet(session, now, quiet=now - QUIET)
        moments = [next_change(silence, now) for silence in live]
        self._wake(session, [rows.next_due(session), *moments], now)
        return Ran(changes, len(due), told, closed)

    def _absorb(self, session: Session, now: datetime) -> int:
        total = 0
        for _ in range(ROUNDS):
            count = absorbing.absorb(session, self.plan, now, limit=CHANGES)
            total += count
            if count < CHANGES:
                break
        return total

    def _wake(self, session: Session, moments: Sequence[datetime | None], now: datetime) -> None:
        """For what comes next, if it comes soon."""
        coming = [moment for moment in moments if moment is not None and moment < now + SOON]
        if coming:
            wake(session, self.add, at=max(min(coming), now + timedelta(seconds=1)))


class _Board:
    """What groups are decided from, in one run. Budgets are spent as it goes on."""

    def __init__(
        self, flusher: Flusher, session: Session, now: datetime, silences: Silences
    ) -> None:
        self.plan = flusher.plan
        self.flusher = flusher
        self.session = session
        self.now = now
        sources = rows.active(session) if self.plan.inhibit else ()
        self.inhibitions = Inhibitions(self.plan.inhibit, [pictured(each) for each in sources])
        self.silences = silences
        self.rooms = self._rooms()
        self.notes: list[dict[str, Any]] = []

    def settle(self, group: AlertGroup, pairs: Pairs) -> int:
        """How many notifications it made."""
        seq = rows.number(self.session, group, alerts=len(pairs), now=self.now)
        if seq is None:
            return 0
        if group.digest_of is not None:
            flushed = digests.flush(group.digest_of, self._members(pairs), self.rooms)
        else:
            flushed = flush(self._pictured(group, pairs), self._picture())
        self._spend(flushed.wanted)
        alerts = {alert.id: alert for _, alert in pairs}
        made = {each.channel: self._notify(group, seq, each, alerts) for each in flushed.wanted}
        self._write(group, seq, flushed, pairs=pairs, made=made)
        return len(made)

    def _rooms(self) -> dict[str, Room]:
        """What is left of every budget."""
        return {
            channel: room(
                budget,
                notifying.spent(
                    self.session, channel, self.now - budget.per,
                    free=channel in self.plan.stateful,
                ),
                self.now,
            )
            for channel, budget in self.plan.budgets.items()
        }  # fmt: skip

    def _spend(self, wanted: Sequence[Wanted]) -> None:
        for each in wanted:
            left = self.rooms.get(each.channel)
            if left is None or each.free:
                continue
            budget = self.plan.budgets[each.channel]
            again = None if left.left > 1 else self.now + budget.per
            self.rooms[each.channel] = Room(left.left - 1, again)

    def _pictured(self, group: AlertGroup, pairs: Pairs) -> Group:
        route = self.plan.route(group.route)
        return Group(
            id=group.id,
            key=group.group_key,
            route=route,
            channels=self.plan.channels(route, self.now),
            members=self._members(pairs),
            last={name: datetime.fromisoformat(at) for name, at in group.told_at.items()},
        )

    def _members(self, pairs: Pairs) -> tuple[Member, ...]:
        return tuple(
            Member(
                pictured(alert),
                {channel: Way(way) for channel, way in member.told.items()},
                member.verdict,
                changed=member.changed,
            )
            for member, alert in pairs
        )

    def _picture(self) -> Picture:
        return Picture(
            now=self.now,
            inhibitions=self.inhibitions,
            silences=self.silences,
            rooms=self.rooms,
            stateful=self.plan.stateful,
            quiet=self.plan.quiet,
        )

    def _notify(
        self, group: AlertGroup, seq: int, wanted: Wanted, alerts: Mapping[int, Alert]
    ) -> int | None:
        about = [alerts[each] for each in wanted.alert_ids]
        url = self.flusher.public_url
        notice = Notice(
            channel=wanted.channel,
            kind=NoticeKind(wanted.kind.value),
            dedup_key=dedup_key(group.group_key, group.id),
            title=title(group, about),
            summary=summary(wanted, about),
            alerts=[viewed(alert, public_url=url) for alert in about],
            group_labels={name: str(value) for name, value in group.labels.items()},
            url=f"{url}/api/v1/incidents/{group.incident_id}" if url and group.incident_id else url,
            group_id=group.id,
            flush_seq=seq,
            project_id=project(about),
        )
        return notify(self.session, notice, add=self.flusher.add, now=self.now)

    def _write(
        self,
        group: AlertGroup,
        seq: int,
        flushed: Flushed,
        *,
        pairs: Pairs,
        made: Mapping[str, int | None],
    ) -> None:
        self._move(group.id, flushed, pairs)
        notes = [
            entry(
                each,
                self.now,
                group_id=group.id,
                notification_id=made.get(each.channel or "")
                if each.step is Step.NOTIFIED
                else None,
            )
            for each in flushed.decided
        ]
        rows.write_down(self.session, notes)
        self._count_silenced(flushed, pairs)
        for channel, alert_ids in flushed.digests.items():
            again = self.rooms[channel].again_at or self.now
            digests.keep(self.session, channel, alert_ids, due=again, now=self.now)
        told_at = group.told_at | dict.fromkeys([*made, *flushed.digests], self.now.isoformat())
        rows.settle(self.session, group.id, seq, self._standing(flushed, told_at))
        if made:
            rows.counted(self.session, group.id, seq, len(made))

    def _standing(self, flushed: Flushed, told_at: Mapping[str, str]) -> dict[str, Any]:
        return {
            "told_at": told_at,
            "last_flush_at": self.now,
            "next_flush_at": flushed.next_at,
            "closed_at": self.now if flushed.closes else None,
        }

    def _move(self, group_id: int, flushed: Flushed, pairs: Pairs) -> None:
        """Only members that are not as they were are written."""
        before = {member.alert_id: member for member, _ in pairs}
        moved = [
            {"alert_id": each.alert.id, "told": each.told, "verdict": each.verdict,
             "changed": each.changed}
            for each in flushed.members
            if _differs(each, before[each.alert.id])
        ]  # fmt: skip
        if moved:
            rows.move(self.session, group_id, orjson.dumps(moved).decode())
        left = before.keys() - {each.alert.id for each in flushed.members}
        if left:
            rows.leave(self.session, group_id, left)

    def _count_silenced(self, flushed: Flushed, pairs: Pairs) -> None:
        """What a silence keeps quiet now and did not before."""
        before = {member.alert_id: member.verdict.split() for member, _ in pairs}
        fresh = {
            (each.alert_id, int(each.outcome))
            for each in flushed.decided
            if each.step is Step.SILENCED and each.verdict not in before[each.alert_id]
        }
        silencing.count(self.session, [silence for _, silence in fresh], self.now)


def _differs(member: Member, row: AlertGroupMember) -> bool:
    told = {channel: way.value for channel, way in member.told.items()}
    return (told, member.verdict, member.changed) != (row.told, row.verdict, row.changed)
