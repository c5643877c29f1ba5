"""The routing tree: which channels an alert goes to, how it is grouped, how often it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.alerts.budget import Budget
from core.alerts.hours import Hours
from core.alerts.inhibition import InhibitRule
from core.alerts.matcher import Matcher, all_fit
from core.alerts.oncall import Rota
from core.alerts.picture import Pictured

# What stands for all labels in `group_by`, and for the incident that the alert belongs to.
ALL_LABELS: Final = "..."
INCIDENT: Final = "incident"


class Told(StrEnum):
    """What of an alert's life a route tells."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait for more of a group, between its changes, and to say the same again."""

    wait: timedelta = timedelta(seconds=5)
    interval: timedelta = timedelta(minutes=5)
    repeat: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`goes_on`: its next neighbours are looked at, too. `name` is unique in the tree."""

    name: str
    matchers: tuple[Matcher, ...] = ()
    severities: frozenset[str] = frozenset()
    states: frozenset[Told] = frozenset(Told)
    open_in: tuple[Hours, ...] = ()
    quiet_in: tuple[Hours, ...] = ()
    channels: tuple[str, ...] = ()
    on_call: tuple[str, ...] = ()
    group_by: tuple[str, ...] = (INCIDENT,)
    pace: Pace = Pace()
    goes_on: bool = False
    routes: tuple["Route", ...] = ()

    def fits(self, alert: Pictured, now: datetime) -> bool:
        state = Told.FIRING if alert.firing else Told.RESOLVED
        return (
            (not self.severities or alert.severity in self.severities)
            and state in self.states
            and (not self.open_in or any(hours.contains(now) for hours in self.open_in))
            and all_fit(self.matchers, alert.labels)
        )

    def quiet(self, now: datetime) -> str | None:
        """The name of the quiet hours that it is."""
        return next((hours.name for hours in self.quiet_in if hours.contains(now)), None)

    def all(self) -> Iterator["Route"]:
        yield self
        for each in self.routes:
            yield from each.all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that configuration says about who is told. `stateful` channels keep what is open,
    `quiet` ones are not told what is over.
    """

    root: Route = Route(name="default")
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    inhibit: tuple[InhibitRule, ...] = ()
    stateful: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()

    @property
    def firing_only(self) -> frozenset[str]:
        """Names of the routes that do not tell what is over."""
        return frozenset(each.name for each in self.root.all() if Told.RESOLVED not in each.states)

    def route(self, name: str) -> Route:
        """One that configuration knows no longer is told to as the root is."""
        return next((each for each in self.root.all() if each.name == name), self.root)

    def channels(self, route: Route, now: datetime) -> tuple[str, ...]:
        """Those of the route, then those of the people on duty; each once."""
        on_duty = (self.rotas[name].on_duty(now) for name in route.on_call)
        theirs = [channel for person in on_duty for channel in self.people.get(person, ())]
        return tuple(dict.fromkeys([*route.channels, *theirs]))


def routed(root: Route, alert: Pictured, now: datetime) -> tuple[Route, ...]:
    """The deepest routes that fit, in order; a route whose children do not fit takes it itself."""
    if not root.fits(alert, now):
        return ()
    found: list[Route] = []
    for child in root.routes:
        deeper = routed(child, alert, now)
        found += deeper
        if deeper and not child.goes_on:
            break
    return tuple(found) or (root,)
