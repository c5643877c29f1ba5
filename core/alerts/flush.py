"""What a group says now, to whom, and why it keeps quiet: from a picture to a decision, no more.

1. Alerts that fire are held back by inhibition, then by silences.
2. The route's quiet hours hold the whole group back; silences of channels hold one channel back.
3. A channel is told what it does not know: that an alert fires, that one it was told of is over;
   and the same again after the repeat interval, as long as nobody has acknowledged it.
4. Who was told that an alert fires is told that it is over, whatever is silenced meanwhile; where
   the route does not tell what is over, channels that keep what is open are told all the same.
5. What fires again before its end was told is no news: its new episode takes over what was told.
6. A channel whose budget is used up gets the rest as a digest when there is room again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.alerts.budget import Room
from core.alerts.inhibition import Inhibitions
from core.alerts.picture import Pictured
from core.alerts.route import Route, Told
from core.alerts.silence import Silences
from core.alerts.trace import Decided, Step

ENDLESS: Final = Room(left=2**31)


class Kind(StrEnum):
    TRIGGER = "trigger"
    UPDATE = "update"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DIGEST = "digest"


class Way(StrEnum):
    """How a channel was told of an alert that fires; `seen`: and that somebody looks after it."""

    SENT = "sent"
    SEEN = "seen"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Member:
    """An alert in its group: the channels that know of it, and what was decided last.

    `changed`: it fires otherwise than it was told, so that it is news again.
    """

    alert: Pictured
    told: Mapping[str, Way] = field(default_factory=dict)
    verdict: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`last` is when each channel was told anything of this group."""

    id: int
    key: str
    route: Route
    channels: tuple[str, ...]
    members: tuple[Member, ...]
    last: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that the decision depends on; `rooms` is what is left of the channels' budgets."""

    now: datetime
    inhibitions: Inhibitions
    silences: Silences
    rooms: Mapping[str, Room] = field(default_factory=dict)
    stateful: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One notification. Those that end what is open are `free` of the budget."""

    channel: str
    kind: Kind
    alert_ids: tuple[int, ...]
    reason: str
    free: bool = False


@dataclass(frozen=True, slots=True)
class Flushed:
    """What becomes of a group. `told` are the members as they are afterwards; those that are not
    there any more have left. `next_at` none: nothing is to be said until something changes.
    """

    wanted: tuple[Wanted, ...]
    digests: Mapping[str, tuple[int, ...]]
    decided: tuple[Decided, ...]
    members: tuple[Member, ...]
    next_at: datetime | None

    @property
    def closes(self) -> bool:
        return not self.members


def flush(group: Group, picture: Picture) -> Flushed:
    return _Flush(group, picture).done()


class _Flush:
    """One group at one moment."""

    def __init__(self, group: Group, picture: Picture) -> None:
        self.goes_on = _going_on(group.members)
        self.group = replace(group, members=_handed_over(group.members, self.goes_on))
        self.picture = picture
        self.wanted: list[Wanted] = []
        self.digests: dict[str, tuple[int, ...]] = {}
        self.decided: dict[int, list[Decided]] = {}
        self.told = {each.alert.id: dict(each.told) for each in self.group.members}
        self.held = False  # something may be told later, without any change of an alert

    def done(self) -> Flushed:
        loud = self._loud()
        quiet = self.group.route.quiet(self.picture.now)
        for channel in self._channels():
            self._one_channel(channel, loud, quiet)
        if not self.group.channels:
            for member in loud:
                self._decide(member, Step.ROUTE, "nobody", "Its route has no channels.")
        members = tuple(self._after(member) for member in self.group.members if self._stays(member))
        return Flushed(
            wanted=tuple(self.wanted),
            digests=self.digests,
            decided=tuple(self._news()),
            members=members,
            next_at=self._next(members),
        )

    def _channels(self) -> list[str]:
        """Those that are to be told now, and those that were told and must hear of the end."""
        known = [channel for member in self.group.members for channel in member.told]
        return list(dict.fromkeys([*self.group.channels, *known]))

    def _loud(self) -> list[Member]:
        """Those that fire and that nothing holds back from all channels."""
        found = []
        for member in self.group.members:
            if not member.alert.firing:
                continue
            inhibited = self.picture.inhibitions.of(member.alert)
            if inhibited is not None:
                self._hold(member, Step.INHIBITED, str(inhibited.source_id), str(inhibited))
                continue
            silence = self.picture.silences.of(member.alert, group=self.group.key)
            if silence is not None:
                self._hold(member, Step.SILENCED, str(silence.id), f"By {silence}.")
                continue
            found.append(member)
        return found

    def _one_channel(self, channel: str, loud: Sequence[Member], quiet: str | None) -> None:
        over = self._over(channel)
        firing = self._audible(channel, loud) if channel in self.group.channels else []
        if quiet is not None:
            for member in firing:
                self._hold(member, Step.MUTED, quiet, f"It is {quiet}.", channel)
            firing = []
        if Told.FIRING not in self.group.route.states:
            firing = []
        fresh = [member for member in firing if member.changed or channel not in member.told]
        if fresh or over:
            self._tell(channel, firing, over, fresh=fresh)
        elif firing and not self._acknowledged(channel, firing):
            self._again(channel, firing)

    def _over(self, channel: str) -> list[Member]:
        """What the channel is to hear the end of."""
        states = self.group.route.states
        ended = [member for member in self.group.members if not member.alert.firing]
        if channel in self.picture.quiet:
            return []
        if Told.RESOLVED not in states and channel not in self.picture.stateful:
            return []
        if Told.FIRING not in states:
            return ended
        return [member for member in ended if self._knows(member, channel)]

    def _knows(self, member: Member, channel: str) -> bool:
        """A digest opens nothing at a channel that keeps what is open."""
        way = member.told.get(channel)
        opened = way in {Way.SENT, Way.SEEN}
        return opened or (way is Way.DIGEST and channel not in self.picture.stateful)

    def _audible(self, channel: str, loud: Sequence[Member]) -> list[Member]:
        found = []
        for member in loud:
            silence = self.picture.silences.of(member.alert, group=self.group.key, channel=channel)
            if silence is None:
                found.append(member)
            else:
                self._hold(member, Step.SILENCED, str(silence.id), f"By {silence}.", channel)
        return found

    def _tell(
        self, channel: str, firing: list[Member], over: list[Member], *, fresh: list[Member]
    ) -> None:
        open_ = [m for m in self.group.members if m.alert.firing and channel in m.told]
        if fresh:
            begun = channel not in self.group.last
            kind = Kind.TRIGGER if begun else Kind.UPDATE
            reason = f"{_many(len(fresh))} to tell.{_unmuted(fresh)}"
        else:
            kind = Kind.UPDATE if open_ else Kind.RESOLVE
            reason = f"{_many(len(over))} over."
        self._want(channel, kind, [*firing, *over], reason)

    def _acknowledged(self, channel: str, firing: list[Member]) -> bool:
        """A channel that keeps what is open is told when somebody looks after all of it."""
        if channel not in self.picture.stateful:
            return False
        unseen = [member for member in firing if member.told.get(channel) is Way.SENT]
        if not unseen or not all(member.alert.acknowledged for member in firing):
            return False
        self._want(channel, Kind.ACKNOWLEDGE, firing, "Somebody looks after it.")
        for member in unseen:
            self.told[member.alert.id][channel] = Way.SEEN
        return True

    def _again(self, channel: str, firing: list[Member]) -> None:
        last = self.group.last.get(channel)
        due = last + self.group.route.pace.repeat if last else self.picture.now
        if due > self.picture.now:
            for member in firing:
                said = f"{channel} knows it; it is said again at {due:%Y-%m-%d %H:%M} UTC."
                self._decide(member, Step.THROTTLED, "repeat", said, channel)
        elif all(member.alert.acknowledged for member in firing):
            for member in firing:
                said = "It is acknowledged, so it is not said again."
                self._decide(member, Step.THROTTLED, "acknowledged", said, channel)
        else:
            self._want(channel, Kind.UPDATE, firing, "It still fires.")

    def _want(self, channel: str, kind: Kind, members: list[Member], reason: str) -> None:
        ids = tuple(member.alert.id for member in members)
        ends = kind in {Kind.RESOLVE, Kind.ACKNOWLEDGE}
        free = ends and channel in self.picture.stateful
        room = self.picture.rooms.get(channel, ENDLESS)
        way = Way.SENT
        if free or room.left > 0:
            self.wanted.append(Wanted(channel, kind, ids, reason, free))
            for member in members:
                self._decide(member, Step.NOTIFIED, f"{kind} {channel}", reason, channel)
        else:
            way = Way.DIGEST
            self.digests[channel] = ids
            for member in members:
                at = f" at {room.again_at:%H:%M} UTC" if room.again_at else ""
                said = f"The budget of {channel} is used up; it comes with the digest{at}."
                self._decide(member, Step.BUDGET, channel, said, channel)
        for member in members:
            self._note(member, channel, way)

    def _note(self, member: Member, channel: str, way: Way) -> None:
        """What was told by itself counts more than what came with a digest."""
        told = self.told[member.alert.id]
        if not member.alert.firing:
            told.pop(channel, None)
        elif told.get(channel) in {None, Way.DIGEST}:
            told[channel] = way

    def _hold(
        self, member: Member, step: Step, outcome: str, reason: str, channel: str | None = None
    ) -> None:
        self.held = True
        self._decide(member, step, outcome, reason, channel)

    def _decide(
        self, member: Member, step: Step, outcome: str, reason: str, channel: str | None = None
    ) -> None:
        found = Decided(member.alert.id, step, outcome, reason, channel)
        self.decided.setdefault(member.alert.id, []).append(found)

    def _verdict(self, member: Member) -> str:
        entries = self.decided.get(member.alert.id, ())
        return " ".join(entry.verdict for entry in entries)

    def _news(self) -> list[Decided]:
        """What was notified, and what else is not as it was decided before."""
        found = []
        for member in self.group.members:
            entries = self.decided.get(member.alert.id, [])
            if not member.alert.firing and not entries:
                said = "It was over before anybody was told."
                if member.alert.id in self.goes_on:
                    said = "It fires again, and nobody was told of its end."
                found.append(Decided(member.alert.id, Step.THROTTLED, "over", said))
            fresh = self._verdict(member) != member.verdict
            found += [each for each in entries if fresh or each.step is Step.NOTIFIED]
        return found

    def _stays(self, member: Member) -> bool:
        return member.alert.firing

    def _after(self, member: Member) -> Member:
        told, verdict = self.told[member.alert.id], self._verdict(member)
        heard = any(member.alert.id in each.alert_ids for each in self.wanted)
        return Member(member.alert, told, verdict, changed=member.changed and not heard)

    def _next(self, members: Sequence[Member]) -> datetime | None:
        """Held back: with the next interval. Else when something is to be said again."""
        if not members or not self.group.channels:
            return None
        pace, now = self.group.route.pace, self.picture.now
        if self.held or not all(member.alert.acknowledged for member in members):
            spoken = {each.channel for each in self.wanted} | self.digests.keys()
            since = [now if c in spoken else self.group.last.get(c, now) for c in self._channels()]
            again = max(min(since) + pace.repeat, now + pace.interval)
            return now + pace.interval if self.held else again
        return None


def _going_on(members: Sequence[Member]) -> Mapping[int, int]:
    """Episodes that are over, and the one in which the same alert fires again."""
    over = {_who(member): member.alert.id for member in members if not member.alert.firing}
    if not over:
        return {}
    firing = {_who(member): member.alert.id for member in members if member.alert.firing}
    return {over[who]: firing[who] for who in over.keys() & firing.keys()}


def _who(member: Member) -> tuple[int | None, frozenset[tuple[str, str]]]:
    return member.alert.project_id, frozenset(member.alert.labels.items())


def _handed_over(members: Sequence[Member], goes_on: Mapping[int, int]) -> tuple[Member, ...]:
    known = {goes_on[m.alert.id]: m.told for m in members if m.alert.id in goes_on}
    if not known:
        return tuple(members)
    return tuple(
        replace(each, told={})
        if each.alert.id in goes_on
        else replace(each, told={**known.get(each.alert.id, {}), **each.told})
        for each in members
    )


def _many(number: int) -> str:
    return "1 alert" if number == 1 else f"{number} alerts"


def _unmuted(fresh: Sequence[Member]) -> str:
    """That a silence, which kept some of them quiet, holds no longer."""
    held = f"{Step.SILENCED}:"
    words = {word for member in fresh for word in member.verdict.split() if word.startswith(held)}
    numbers = sorted(word.removeprefix(held) for word in words)
    return f" Not silenced any more (silence {', '.join(numbers)})." if numbers else ""
