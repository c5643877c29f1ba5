"""Components: what they report of themselves and their error events, from the minute roll-ups."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import (
    About,
    Answers,
    Labels,
    Look,
    Measure,
    Metric,
    Sample,
    fewest_of,
    labels,
    named,
    wrong_fewest,
)
from core.alerts.series import MINUTE, Minutes, Series, Tally, grouped, quantile
from core.alerts.units import Unit

# As `core.intake.components.DURATION_BOUNDS`, in seconds.
BOUNDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
# How long ago a component may have been heard of to be missed.
MEMORY: Final = timedelta(days=1)

_HEARD: Final = text("""
    SELECT project_id, component, max(minute) FROM component_minutes
    WHERE resolution = 60 AND minute >= :since AND minute < :until
    GROUP BY project_id, component""")

_METRICS: Final = (
    Metric("errors", Unit.COUNT, "errors: events, or failures reported if those are more", 0),
    Metric("error_rate", Unit.PER_MINUTE, "errors in a minute", 0),
    Metric("events", Unit.COUNT, "error events", 0),
    Metric("failures", Unit.COUNT, "failures that it reported", 0),
    Metric("successes", Unit.COUNT, "successes that it reported", 0, low=True),
    Metric("report_rate", Unit.PER_MINUTE, "reports of either kind in a minute", 0, low=True),
    Metric("failure_ratio", Unit.RATIO, "failures among its reports"),
    Metric("p50", Unit.SECONDS, "half of the reported operations took no longer"),
    Metric("p90", Unit.SECONDS, "nine of ten took no longer"),
    Metric("p95", Unit.SECONDS, "19 of 20 took no longer"),
    Metric("p99", Unit.SECONDS, "99 of 100 took no longer"),
    Metric("mean", Unit.SECONDS, "mean of the reported durations"),
    Metric("longest", Unit.SECONDS, "longest of the reported durations"),
    Metric("memory", Unit.BYTES, "most memory that it reported"),
    Metric("connections_lost", Unit.COUNT, "reports of a lost connection", 0),
    Metric(
        "consecutive_failures",
        Unit.COUNT,
        "errors since the last minute with a success; order inside of a minute is not known",
        0,
    ),
    Metric("silence", Unit.SECONDS, "time since it was last heard of, within a day"),
)
_QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_READ: Final[Mapping[str, Callable[[Tally, float], float | None]]] = {
    "errors": lambda found, _: found.errors,
    "error_rate": lambda found, minutes: found.errors / minutes,
    "events": lambda found, _: found.events,
    "failures": lambda found, _: found.failures,
    "successes": lambda found, _: found.successes,
    "report_rate": lambda found, minutes: found.reports / minutes,
    "failure_ratio": lambda found, _: found.failures / found.reports if found.reports else None,
    "mean": lambda found, _: found.seconds / found.timed if found.timed else None,
    "longest": lambda found, _: found.longest if found.timed else None,
    "memory": lambda found, _: found.memory,
    "connections_lost": lambda found, _: found.lost,
}


class Components:
    kind = "component"
    about = "what a component reports of itself, and its error events"
    metrics = named(*_METRICS)
    labels = ("project", "component")
    by = ("project", "component")
    over = timedelta(minutes=5)
    historic = True
    options: Mapping[str, str] = {
        "fewest": "with fewer reports, ratio and durations are unknown; usually 1"
    }

    @staticmethod
    def wrong(measure: Measure) -> str | None:
        """What makes no sense in its options."""
        return wrong_fewest(measure)

    def __init__(self) -> None:
        self._minutes = Minutes()
        self._names = _Names()

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        quiet = [each for each in measures if each.metric == "silence"]
        counted = [each for each in measures if each.metric != "silence"]
        answers: dict[Measure, Sequence[Sample]] = {}
        self._names.know(look)
        if counted:
            self._minutes.read(session, look.at, max(each.over for each in counted))
            answers |= self._counted(counted, look)
        if quiet:
            heard = session.execute(_HEARD, {"since": look.at - MEMORY, "until": look.at}).all()
            answers |= {each: self._silent(heard, each, look) for each in quiet}
        return answers

    def _counted(self, measures: Sequence[Measure], look: Look) -> dict[Measure, Sequence[Sample]]:
        """Windows and groups are added up once, however many metrics are read of them."""
        windows: dict[timedelta, dict[Series, Tally]] = {}
        groups: dict[tuple[timedelta, tuple[str, ...]], dict[Series, Tally]] = {}
        whose: dict[tuple[timedelta, tuple[str, ...]], tuple[list[Labels], list[About]]] = {}
        answers: dict[Measure, Sequence[Sample]] = {}
        for measure in measures:
            if measure.metric == "consecutive_failures":
                answers[measure] = self._consecutive(measure, look)
                continue
            if measure.over not in windows:
                windows[measure.over] = self._minutes.over(look.at, measure.over)
            key = (measure.over, measure.by)
            if key not in groups:
                groups[key] = _grouped(windows[measure.over], measure.by)
                found = [self._names.of(one, measure.by) for one in groups[key]]
                whose[key] = [each[0] for each in found], [each[1] for each in found]
            told, abouts = whose[key]
            values = _values(groups[key].values(), measure)
            answers[measure] = list(map(Sample, told, values, abouts))
        return answers

    def _consecutive(self, measure: Measure, look: Look) -> list[Sample]:
        since = (look.at - measure.over).timestamp()
        return [
            self._names.sample(series, measure.by, _in_a_row(minutes, since))
            for series, minutes in _merged(self._minutes, measure.by)
        ]

    def _silent(self, heard: Sequence[Any], measure: Measure, look: Look) -> list[Sample]:
        """Counts from the end of the minute in which it was heard of."""
        last: dict[Series, datetime] = {}
        for project_id, component, minute in heard:
            series = _whose((project_id, component), measure.by)
            last[series] = max(minute, last.get(series, minute))
        return [
            self._names.sample(
                series, measure.by, max((look.at - minute).total_seconds() - MINUTE, 0)
            )
            for series, minute in last.items()
        ]


class _Names:
    """Labels of series, made once as long as projects are called the same."""

    def __init__(self) -> None:
        self._projects: Mapping[int, str] = {}
        self._known: dict[tuple[tuple[str, ...], Series], tuple[Labels, About]] = {}

    def know(self, look: Look) -> None:
        if look.projects != self._projects:
            self._projects, self._known = look.projects, {}

    def of(self, series: Series, by: tuple[str, ...]) -> tuple[Labels, About]:
        found = self._known.get((by, series))
        if found is None:
            project_id, component = series
            project = self._projects.get(project_id, str(project_id)) if project_id else None
            told = labels(by, {"project": project, "component": component})
            found = self._known[by, series] = told, About(project_id or None)
        return found

    def sample(self, series: Series, by: tuple[str, ...], value: float | None) -> Sample:
        told, about = self.of(series, by)
        return Sample(told, value, about)


def _grouped(tallies: Mapping[Series, Tally], by: tuple[str, ...]) -> dict[Series, Tally]:
    if set(by) == set(Components.by):
        return dict(tallies)
    return grouped(tallies, lambda one: _whose(one, by))


def _merged(
    every: Iterable[tuple[Series, Mapping[int, Tally]]], by: tuple[str, ...]
) -> Iterable[tuple[Series, Mapping[int, Tally]]]:
    """Minute by minute, where several are one series."""
    if set(by) == set(Components.by):
        return every
    found: dict[Series, dict[int, Tally]] = {}
    for one, minutes in every:
        sums = found.setdefault(_whose(one, by), {})
        for minute, each in minutes.items():
            sums[minute] = sums[minute].plus(each) if minute in sums else each
    return found.items()


def _whose(one: Series, by: tuple[str, ...]) -> Series:
    """The series that a component belongs to."""
    return one[0] if "project" in by else 0, one[1] if "component" in by else ""


def _values(tallies: Collection[Tally], measure: Measure) -> list[float | None]:
    """None where what is no count rests on too few reports."""
    minutes = measure.over.total_seconds() / MINUTE
    share = _QUANTILES.get(measure.metric)
    read = _READ.get(measure.metric)
    fewest = fewest_of(measure, 1)
    always = fewest <= 1 or Components.metrics[measure.metric].empty is not None
    enough = [always or _enough(each, measure.metric, fewest) for each in tallies]
    pairs = zip(tallies, enough, strict=True)
    if read is None:
        return [quantile(each, BOUNDS, share or 0) if known else None for each, known in pairs]
    return [read(each, minutes) if known else None for each, known in pairs]


def _enough(tally: Tally, metric: str, fewest: float) -> bool:
    counted = tally.reports if metric == "failure_ratio" else tally.timed
    return counted >= fewest or metric == "memory"


def _in_a_row(minutes: Mapping[int, Tally], since: float) -> float:
    failures = 0.0
    for minute in sorted(minutes, reverse=True):
        if minutes[minute].successes or minute + MINUTE <= since:
            break
        failures += minutes[minute].errors
    return failures
