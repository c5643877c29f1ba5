"""Who is told of which alerts: routes, people on duty, budgets and inhibition, from the YAML file.

It is the file that `MENDLINE_ALERTS_FILE` names; its other parts are rules and channels. Without a
`route` each channel gets the alerts of its `severity_levels`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from config.alert_duty import Duty, budget, hours
from config.alerts_file import AlertsFileError, Document, document
from core.alerts.channel import SEVERITIES
from core.alerts.entry import Entry, meant
from core.alerts.hours import Hours
from core.alerts.inhibition import InhibitRule
from core.alerts.matcher import Matcher, Operator
from core.alerts.route import Pace, Plan, Route, Told
from core.analysis.rules.problem import Problem
from core.errors import UnprocessableError

ROUTE: Final = (
    *("name", "match", "matchers", "severity", "states", "active_time_intervals"),
    *("mute_time_intervals", "channels", "receiver", "oncall", "group_by", "group_wait"),
    *("group_interval", "repeat_interval", "continue", "routes"),
)
ROOT: Final = "default"


@dataclass(frozen=True, slots=True)
class Channels:
    """Names of channels with the severities that they take, all where none is named.

    `stateful` and `quiet` as a `Plan` has them.
    """

    severities: Mapping[str, frozenset[str]]
    stateful: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    plan: Plan
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        return not any(problem.fatal for problem in self.problems)


def read_text(text: str, channels: Channels) -> Reading:
    return _reading(Document(text), channels)


def plan(file: Path | None, channels: Channels) -> Plan:
    """Of a file without a mistake, else `AlertsFileError`; read again when the file has changed."""
    if file is None:
        return usual(channels)
    try:
        changed = file.stat().st_mtime_ns
    except OSError:
        changed = 0
    levels = tuple(sorted(channels.severities.items()))
    found = _cached(file, changed, levels, channels.stateful, channels.quiet)
    if not found.usable:
        raise AlertsFileError(list(found.problems), file=str(file))
    return found.plan


@lru_cache(maxsize=4)
def _cached(
    file: Path,
    changed: int,  # noqa: ARG001 (part of the key)
    severities: tuple[tuple[str, frozenset[str]], ...],
    stateful: frozenset[str],
    quiet: frozenset[str],
) -> Reading:
    return _reading(document(file), Channels(dict(severities), stateful, quiet))


def usual(channels: Channels) -> Plan:
    """Each channel gets what it takes: the routes of those who write none."""
    return Plan(root=_usual_root(channels), stateful=channels.stateful, quiet=channels.quiet)


def _usual_root(channels: Channels) -> Route:
    routes = tuple(
        Route(name=f"{ROOT}/{name}", severities=levels, channels=(name,), goes_on=True)
        for name, levels in channels.severities.items()
    )
    return Route(name=ROOT, routes=routes)


def _reading(found: Document, channels: Channels) -> Reading:
    if found.problems:
        return Reading(usual(channels), tuple(found.problems))
    problems: list[Problem] = []
    top = Entry(found.content, (), lines=found, problems=problems)
    if "alerts" in top and not {"route", "oncall"} & top.table.keys():
        top = top.below("alerts")
    reader = _Reader(top, channels)
    made = reader.plan()
    return Reading(made, tuple(sorted(problems, key=lambda problem: problem.line)))


class _Reader:
    def __init__(self, top: Entry, channels: Channels) -> None:
        self.top = top
        self.channels = channels
        self.duty = Duty(top.below("oncall"), channels.severities)
        self.hours = self._hours()
        self.receivers = self._receivers()
        self.names: set[str] = set()

    def plan(self) -> Plan:
        self.duty.read()
        root = (
            self._route(self.top.below("route"), None)
            if "route" in self.top
            else _usual_root(self.channels)
        )
        return Plan(
            root=root,
            rotas=self.duty.rotas,
            people=self.duty.people,
            budgets=self._budgets(),
            inhibit=tuple(self._inhibit()),
            stateful=self.channels.stateful,
            quiet=self.channels.quiet,
        )

    def _hours(self) -> dict[str, Hours]:
        entries = self.top.each("time_intervals")
        found = (hours(entry) for entry in entries)
        return {each.name: each for each in found if each is not None}

    def _receivers(self) -> dict[str, tuple[str, ...]]:
        """Names for several channels at once."""
        found = {}
        for entry in self.top.each("receivers"):
            entry.only(("name", "channels"))
            name = entry.text("name")
            entry.where = f"receiver {name!r}"
            found[name] = self._channels(entry)
        return found

    def _channels(self, entry: Entry) -> tuple[str, ...]:
        names = entry.texts("channels") if "channels" in entry else ()
        for name in names:
            if name not in self.channels.severities:
                remedy = meant(name, self.channels.severities)
                entry.fail(f"There is no channel {name!r}.", remedy, "channels")
        return names

    def _route(self, entry: Entry, above: Route | None) -> Route:
        """What a route does not say it has from the one above it."""
        entry.only(ROUTE)
        name = self._name(entry, above)
        entry.where = f"route {name!r}"
        base = above or Route(name=ROOT)
        told = {"channels", "receiver", "oncall"} & entry.table.keys()
        made = Route(
            name=name,
            matchers=self._matchers(entry, "match", "matchers") if above else (),
            severities=self._severities(entry),
            states=self._states(entry),
            open_in=self._named_hours(entry, "active_time_intervals"),
            quiet_in=self._named_hours(entry, "mute_time_intervals"),
            channels=self._told(entry) if told else base.channels,
            on_call=self._on_call(entry) if told else base.on_call,
            group_by=entry.texts("group_by") if "group_by" in entry else base.group_by,
            pace=self._pace(entry, base.pace),
            goes_on=entry.flag("continue", default=False),
        )
        below = tuple(self._route(each, made) for each in entry.each("routes"))
        if not made.channels and not made.on_call and not below:
            entry.say("Nobody is told on this route.", "Write channels: or oncall:.")
        if above is None and (made.severities or "match" in entry or "matchers" in entry):
            entry.fail("The first route takes everything.", "Move its matchers to a route below.")
        return replace(made, routes=below)

    def _name(self, entry: Entry, above: Route | None) -> str:
        own = entry.text("name") if "name" in entry else str(len(self.names))
        name = ROOT if above is None else f"{above.name}/{own}"
        if name in self.names:
            entry.fail(f"There are two routes {name!r}.", "Give each a name of its own.", "name")
        self.names.add(name)
        return name

    def _told(self, entry: Entry) -> tuple[str, ...]:
        names = list(self._channels(entry))
        if "receiver" in entry:
            receiver = entry.text("receiver")
            if receiver in self.receivers:
                names += self.receivers[receiver]
            elif receiver in self.channels.severities:
                names.append(receiver)
            else:
                known = {*self.receivers, *self.channels.severities}
                entry.fail(
                    f"There is no receiver {receiver!r}.", meant(receiver, known), "receiver"
                )
        return tuple(dict.fromkeys(names))

    def _on_call(self, entry: Entry) -> tuple[str, ...]:
        names = entry.texts("oncall") if "oncall" in entry else ()
        for name in names:
            if name not in self.duty.rotas:
                remedy = meant(name, self.duty.rotas)
                entry.fail(f"There is no rota {name!r}.", remedy, "oncall")
        return tuple(name for name in names if name in self.duty.rotas)

    def _severities(self, entry: Entry) -> frozenset[str]:
        found = entry.texts("severity") if "severity" in entry else ()
        for severity in found:
            if severity not in SEVERITIES:
                remedy = meant(severity, SEVERITIES)
                entry.say(f"No rule of ours has the severity {severity!r}.", remedy, "severity")
        return frozenset(found)

    def _states(self, entry: Entry) -> frozenset[Told]:
        if "states" not in entry:
            return frozenset(Told)
        found = set()
        for state in entry.texts("states"):
            if state in set(Told):
                found.add(Told(state))
            else:
                entry.fail(f"There is no state {state!r}.", meant(state, map(str, Told)), "states")
        return frozenset(found) or frozenset(Told)

    def _named_hours(self, entry: Entry, key: str) -> tuple[Hours, ...]:
        found = []
        for name in entry.texts(key) if key in entry else ():
            if name in self.hours:
                found.append(self.hours[name])
            else:
                entry.fail(f"There are no hours {name!r}.", meant(name, self.hours), key)
        return tuple(found)

    def _pace(self, entry: Entry, base: Pace) -> Pace:
        pace = Pace(
            entry.span("group_wait", base.wait),
            entry.span("group_interval", base.interval),
            entry.span("repeat_interval", base.repeat),
        )
        if pace.interval <= timedelta(0) or pace.repeat <= timedelta(0):
            remedy = "Write a time above 0, such as 5m."
            entry.fail("An interval is 0.", remedy, "group_interval")
        return pace

    def _matchers(self, entry: Entry, *keys: str) -> tuple[Matcher, ...]:
        """Texts as Alertmanager has them, or a table of labels and their values."""
        return tuple(each for key in keys for each in _matchers(entry, key))

    def _budgets(self) -> dict[str, Any]:
        entry, found = self.top.below("budgets"), {}
        for name in entry.table:
            if name not in self.channels.severities:
                remedy = meant(str(name), self.channels.severities)
                entry.fail(f"There is no channel {name!r}.", remedy, str(name))
            elif (made := budget(entry.below(str(name)))) is not None:
                found[str(name)] = made
        return found

    def _inhibit(self) -> list[InhibitRule]:
        found = []
        for place, entry in enumerate(self.top.each("inhibit_rules"), start=1):
            entry.only(("name", "source", "source_matchers", "target", "target_matchers", "equal"))
            name = entry.text("name", default=f"inhibit {place}")
            entry.where = f"inhibit rule {name!r}"
            source = self._matchers(entry, "source", "source_matchers")
            target = self._matchers(entry, "target", "target_matchers")
            if not source or not target:
                remedy = 'Write source and target, each a list such as [severity="critical"].'
                entry.fail("Source or target is missing.", remedy)
            equal = entry.texts("equal") if "equal" in entry else ()
            found.append(InhibitRule(name, source, target, equal))
        return found


def _matchers(entry: Entry, key: str) -> list[Matcher]:
    given = entry.table.get(key)
    try:
        if isinstance(given, Mapping):
            return [Matcher.of(str(name), Operator.IS, str(value)) for name, value in given.items()]
        return [Matcher.parse(each) for each in entry.texts(key)] if key in entry else []
    except UnprocessableError as error:
        entry.fail(f"{key!r}: {error}", "Write label=value, !=, =~ or !~.", key)
        return []
