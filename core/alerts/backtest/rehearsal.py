"""Who would have been told: incidents, routes, groups and flushes on a clock that is played.

The decisions are those of the flusher; here is only what it keeps in rows. What alerts have in
common beyond their component and rule (a cascade, a deploy, a trace) is not known of the past.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from core.alerts import digests, incident
from core.alerts.backtest.stage import Happened
from core.alerts.budget import Room, room
from core.alerts.flush import Flushed, Group, Member, Picture, Wanted, flush
from core.alerts.grouping import key_of
from core.alerts.incident import JOIN, MOST_KEYS, STORM_SPAN, Open, Surroundings
from core.alerts.inhibition import Inhibitions
from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.alerts.route import Plan, Route, Told, routed
from core.alerts.silence import Silence, Silences
from core.alerts.state import ACTIVE, State
from core.alerts.trace import Decided
from core.model import Alert

# Stands for the channels of a route that has none, so that it is seen what it would have told.
NOBODY: Final = "nobody"
_AROUND: Final = Surroundings({}, {}, {}, frozenset())


@dataclass(frozen=True, slots=True)
class Said:
    """One flush of a group."""

    at: datetime
    group: str
    wanted: tuple[Wanted, ...]
    decided: tuple[Decided, ...]


@dataclass(slots=True)
class _Group:
    """`digest_of`: the channel whose digest it is."""

    id: int
    key: str
    route: Route
    next_at: datetime | None
    members: dict[int, Member] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    flushed_at: datetime | None = None
    digest_of: str | None = None


class Rehearsal:
    def __init__(self, plan: Plan, silences: Sequence[Silence]) -> None:
        self._plan = plan
        self._silences = silences
        self._alerts: dict[int, Alert] = {}
        self._groups: dict[str, _Group] = {}
        self._incidents: dict[int, Open] = {}
        self._incident_of: dict[int, int] = {}
        self._begun: list[tuple[datetime, int]] = []
        self._spent: dict[str, list[datetime]] = {}
        self._made = 0

    @property
    def incidents(self) -> int:
        return len(self._incidents)

    def hear(self, happened: Sequence[Happened], at: datetime) -> None:
        """Changes of state find their incidents and groups."""
        fired: dict[int, bool] = {}
        for each in happened:
            self._alerts[each.alert.id] = each.alert
            if each.new == State.FIRING:
                fired[each.alert.id] = fired.get(each.alert.id, True) and each.old in ACTIVE
        self._place([self._alerts[each] for each in fired if each not in self._incident_of], at)
        for number, changed in fired.items():
            self._join(pictured(self._alerts[number]), changed=changed, at=at)
        for each in happened:
            if each.alert.id not in fired:
                self._hurry(each.alert, at)

    def _place(self, fresh: Sequence[Alert], at: datetime) -> None:
        self._begun = [each for each in self._begun if each[0] > at - STORM_SPAN]
        recent = Counter(project for _, project in self._begun)
        self._begun += [(at, alert.project_id or 0) for alert in fresh]
        open_ = [each for each in self._incidents.values() if each.last_at > at - JOIN]
        pictures = [pictured(alert) for alert in fresh]
        numbers: dict[int, int] = {}
        for each in incident.joined(pictures, open_, around=_AROUND, recent=recent):
            number = each.incident_id
            if number is None and each.new is not None:
                number = numbers.setdefault(each.new, len(self._incidents) + len(numbers) + 1)
            if number is None:
                continue
            keys = {str(key) for key in each.keys}
            known = self._incidents.get(number)
            merged = frozenset(sorted((known.keys if known else frozenset()) | keys)[:MOST_KEYS])
            self._incidents[number] = Open(number, merged, at)
            self._incident_of[each.alert.id] = number

    def _join(self, alert: Pictured, *, changed: bool, at: datetime) -> None:
        for route in routed(self._plan.root, alert, at):
            key = key_of(route, alert, incident_id=self._incident_of[alert.id])
            group = self._groups.get(key.text)
            if group is None:
                group = self._groups[key.text] = self._opened(key.text, route, at + route.pace.wait)
            known = group.members.get(alert.id, Member(alert))
            # Without its verdict, so that it is told again what becomes of it.
            group.members[alert.id] = replace(
                known, alert=alert, changed=known.changed or changed, verdict=""
            )
            _pull(group, at)

    def _opened(self, key: str, route: Route, due: datetime) -> _Group:
        self._made += 1
        return _Group(self._made, key, route, due)

    def _hurry(self, alert: Alert, at: datetime) -> None:
        for group in self._groups.values():
            if alert.id in group.members:
                _pull(group, at)
        seen = pictured(alert)
        if seen.firing or alert.id not in self._incident_of:
            return
        if any(Told.FIRING not in route.states for route in routed(self._plan.root, seen, at)):
            self._join(seen, changed=False, at=at)

    def tell(self, until: datetime) -> Iterator[Said]:
        """All flushes that are due up to then, each at its own time."""
        while True:
            due = [(g.next_at, g.id, g.key) for g in self._groups.values() if g.next_at is not None]
            first = min(due, default=None)
            if first is None or first[0] > until:
                return
            yield self._flush(self._groups[first[2]], first[0])

    def _flush(self, group: _Group, at: datetime) -> Said:
        members = tuple(
            replace(each, alert=pictured(self._alerts[number]))
            for number, each in group.members.items()
        )
        rooms = self._rooms(at)
        if group.digest_of is not None:
            flushed = digests.flush(group.digest_of, members, rooms)
        else:
            flushed = flush(self._pictured(group, members, at), self._picture(at, rooms))
        self._settle(group, flushed, at)
        self._keep(flushed, rooms, at)
        return Said(at, group.key, flushed.wanted, flushed.decided)

    def _pictured(self, group: _Group, members: tuple[Member, ...], at: datetime) -> Group:
        channels = self._plan.channels(group.route, at) or (NOBODY,)
        return Group(
            id=group.id,
            key=group.key,
            route=group.route,
            channels=channels,
            members=members,
            last=group.last,
        )

    def _picture(self, at: datetime, rooms: dict[str, Room]) -> Picture:
        alerts = self._alerts.values() if self._plan.inhibit else ()
        active = [pictured(each) for each in alerts if each.state in ACTIVE]
        return Picture(
            now=at,
            inhibitions=Inhibitions(self._plan.inhibit, active),
            silences=Silences.holding(self._silences, at),
            rooms=rooms,
            stateful=self._plan.stateful,
            quiet=self._plan.quiet,
        )

    def _rooms(self, at: datetime) -> dict[str, Room]:
        return {
            channel: room(budget, self._spent.get(channel, ()), at)
            for channel, budget in self._plan.budgets.items()
        }

    def _settle(self, group: _Group, flushed: Flushed, at: datetime) -> None:
        for each in flushed.wanted:
            if not each.free:
                self._spent.setdefault(each.channel, []).append(at)
        told = [each.channel for each in flushed.wanted]
        group.last |= dict.fromkeys([*told, *flushed.digests], at)
        group.members = {each.alert.id: each for each in flushed.members}
        group.flushed_at = at
        # The same moment again would be asked for ever.
        next_at = flushed.next_at
        group.next_at = max(next_at, at + timedelta(seconds=1)) if next_at else None
        if flushed.closes:
            del self._groups[group.key]

    def _keep(self, flushed: Flushed, rooms: dict[str, Room], at: datetime) -> None:
        """What has to wait for room in a budget."""
        for channel, numbers in flushed.digests.items():
            key = f"{digests.ROUTE}/{channel}"
            group = self._groups.get(key)
            if group is None:
                due = rooms[channel].again_at or at
                group = self._groups[key] = self._opened(key, self._plan.root, due)
                group.digest_of = channel
            for number in numbers:
                group.members.setdefault(number, Member(pictured(self._alerts[number])))


def _pull(group: _Group, at: datetime) -> None:
    """It is looked at again after its wait, its interval after the last time at the earliest."""
    if group.flushed_at is not None and group.digest_of is None:
        pace = group.route.pace
        soon = max(at + pace.wait, group.flushed_at + pace.interval)
        group.next_at = soon if group.next_at is None else min(group.next_at, soon)
