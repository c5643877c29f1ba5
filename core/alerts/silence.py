"""Silences: one model for all that is not to be told, with an end, a reason and an author.

1. What is silenced: a rule, a group, an issue, a channel, or what labels say; matchers narrow it.
2. For how long: until a time, until it is resolved, until so many more events, until the next
   release; with a window (maintenance) it holds only inside of the window.
3. A silence ends by the first of its ends that comes; one without any holds until a person ends it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from core.alerts.matcher import Matcher, all_fit
from core.alerts.picture import Pictured
from core.errors import UnprocessableError
from core.schedules.cron import Cron

# A silence that ends sooner and still mutes something is warned of.
SOON: Final = timedelta(hours=1)
UNUSED: Final = timedelta(days=30)


class Scope(StrEnum):
    RULE = "rule"
    GROUP = "group"
    ISSUE = "issue"
    CHANNEL = "channel"
    LABELS = "labels"


class Phase(StrEnum):
    """`waiting`: between the windows of a maintenance."""

    PENDING = "pending"
    ACTIVE = "active"
    WAITING = "waiting"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Window:
    """From each moment of `cron` on for so many minutes."""

    cron: str
    minutes: int
    zone: str = "UTC"

    def open(self, now: datetime) -> bool:
        begun = self._next(now - timedelta(minutes=self.minutes))
        return begun <= now

    def next_change(self, now: datetime) -> datetime:
        if self.open(now):
            length = timedelta(minutes=self.minutes)
            return self._next(now - length) + length
        return self._next(now)

    def _next(self, after: datetime) -> datetime:
        return Cron.parse(self.cron).next(after, _zone(self.zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnprocessableError(f"There is no time zone {name!r}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """All that may end a silence by itself."""

    at: datetime | None = None
    resolved: bool = False
    events: int | None = None
    release: bool = False

    def __str__(self) -> str:
        told = [
            f"until {self.at:%Y-%m-%d %H:%M} UTC" if self.at else "",
            "until it is resolved" if self.resolved else "",
            f"for {self.events} more events" if self.events is not None else "",
            "until the next release" if self.release else "",
        ]
        return " or ".join(filter(None, told)) or "until somebody ends it"


ENDLESS: Final = Ends()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`subject` is the name of the rule or channel, the key of the group, or the issue's id."""

    id: int
    scope: Scope
    author: str
    reason: str
    created_at: datetime
    starts_at: datetime
    subject: str = ""
    matchers: tuple[Matcher, ...] = ()
    project_id: int | None = None
    ends: Ends = ENDLESS
    window: Window | None = None
    matched_at: datetime | None = None

    def covers(self, alert: Pictured, *, group: str, channel: str | None = None) -> bool:
        """Silences of channels cover nothing as long as no `channel` is named."""
        if self.project_id is not None and alert.project_id != self.project_id:
            return False
        match self.scope:
            case Scope.RULE:
                about = alert.name == self.subject
            case Scope.ISSUE:
                about = str(alert.issue_id) == self.subject
            case Scope.GROUP:
                about = group == self.subject
            case Scope.CHANNEL:
                about = channel == self.subject
            case Scope.LABELS:
                about = True
        return about and all_fit(self.matchers, alert.labels)

    def __str__(self) -> str:
        return f"silence {self.id} of {self.author} ({self.ends}): {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What happened since the silence was made: alerts that it covers and that still fire, events
    that it kept quiet, and the newest release of its project.
    """

    firing: int = 0
    events: int = 0
    released_at: datetime | None = None


def over(silence: Silence, facts: Facts, now: datetime) -> str | None:
    """Why it has ended, in a sentence."""
    ends = silence.ends
    if ends.at is not None and ends.at <= now:
        return "Its time was over."
    if ends.resolved and silence.matched_at is not None and not facts.firing:
        return "All that it covered is resolved."
    if ends.events is not None and facts.events >= ends.events:
        return f"{facts.events} more events came."
    begun = max(silence.created_at, silence.starts_at)
    if ends.release and facts.released_at is not None and facts.released_at > begun:
        return "There is a new release."
    return None


def phase(silence: Silence, now: datetime) -> Phase:
    """Of one that has not ended otherwise."""
    if now < silence.starts_at:
        return Phase.PENDING
    if silence.ends.at is not None and silence.ends.at <= now:
        return Phase.EXPIRED
    if silence.window is not None and not silence.window.open(now):
        return Phase.WAITING
    return Phase.ACTIVE


def next_change(silence: Silence, now: datetime) -> datetime | None:
    """When the clock alone makes it begin or end to hold."""
    if now < silence.starts_at:
        return silence.starts_at
    moments = [silence.ends.at] if silence.ends.at else []
    if silence.window is not None:
        moments.append(silence.window.next_change(now))
    return min(moments, default=None)


def ends_soon(silence: Silence, *, firing: int, now: datetime) -> bool:
    """While it still keeps something quiet."""
    until = silence.ends.at
    return until is not None and firing > 0 and now < until <= now + SOON


def warnings(silence: Silence, *, firing: int, now: datetime) -> tuple[str, ...]:
    """What its author may want to know."""
    return tuple(_warnings(silence, firing, now))


def _warnings(silence: Silence, firing: int, now: datetime) -> Iterator[str]:
    until = silence.ends.at
    if until is not None and ends_soon(silence, firing=firing, now=now):
        minutes = max(round((until - now).total_seconds() / 60), 1)
        yield f"It ends in {minutes} min, and {firing} alerts that it mutes still fire."
    last = silence.matched_at or max(silence.starts_at, silence.created_at)
    if now - last >= UNUSED:
        yield f"It has matched nothing in {(now - last).days} days."
    if silence.ends == ENDLESS and silence.window is None:
        yield "It has no end."


@dataclass(frozen=True, slots=True)
class Silences:
    """Those that hold now, looked up for alerts one by one."""

    active: tuple[Silence, ...] = ()
    _by_rule: Mapping[str, list[Silence]] = field(default_factory=dict)
    _by_issue: Mapping[str, list[Silence]] = field(default_factory=dict)
    _others: tuple[Silence, ...] = ()

    @classmethod
    def holding(cls, silences: Iterable[Silence], now: datetime) -> "Silences":
        active = tuple(each for each in silences if phase(each, now) is Phase.ACTIVE)
        by_rule: dict[str, list[Silence]] = {}
        by_issue: dict[str, list[Silence]] = {}
        for each in active:
            if each.scope is Scope.RULE:
                by_rule.setdefault(each.subject, []).append(each)
            elif each.scope is Scope.ISSUE:
                by_issue.setdefault(each.subject, []).append(each)
        others = tuple(each for each in active if each.scope not in {Scope.RULE, Scope.ISSUE})
        return cls(active, by_rule, by_issue, others)

    def of(self, alert: Pictured, *, group: str, channel: str | None = None) -> Silence | None:
        """The oldest that covers it. Asked for a channel it tells only what mutes the channel."""
        near = () if channel else self._near(alert)
        wanted = [each for each in self._others if (each.scope is Scope.CHANNEL) == bool(channel)]
        covering = [
            each for each in (*near, *wanted) if each.covers(alert, group=group, channel=channel)
        ]
        return min(covering, key=lambda each: each.id, default=None)

    def _near(self, alert: Pictured) -> list[Silence]:
        return [
            *self._by_rule.get(alert.name, ()),
            *self._by_issue.get(str(alert.issue_id), ()),
        ]
