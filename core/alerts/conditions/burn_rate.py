"""Burn rates: how fast failures use up the error budget of a component, in two windows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.burning import NOTHING, Budget, ObjectiveError, Outcomes
from core.alerts.condition import About, Answers, Labels, Look, Measure, Metric, Sample, labels
from core.alerts.condition import named as metrics_of
from core.alerts.units import QuantityError, Unit, quantity, span

OBJECTIVE: Final = "99.9%"
LEAST: Final = 10
# As the workbook has it: five minutes beside an hour.
SHORT: Final = 12
PACE: Final = "1h"
# A sum over a long time is good for a while: a 120th of that time, this long at most.
FRESHNESS: Final = 120
STALE: Final = timedelta(minutes=1)

# Older minutes have become hours and days.
_ROWS: Final = text("""
    SELECT project_id, component, sum(successes)::float8, sum(failures)::float8
    FROM component_minutes
    WHERE resolution IN (60, 3600, 86400) AND minute >= :since AND minute < :until
    GROUP BY project_id, component HAVING sum(successes + failures) > 0""")

Sums = Mapping[tuple[int, str], Outcomes]


@dataclass(frozen=True, slots=True)
class _Read:
    at: datetime
    sums: Sums


class BurnRate:
    kind = "burn_rate"
    about = "how fast failures use up the error budget of a component"
    metrics = metrics_of(
        Metric("factor", Unit.NUMBER, "times faster than the objective allows, in both windows"),
        Metric("left", Unit.RATIO, "share of the budget for `over` that is left", low=True),
        Metric("gone_in", Unit.SECONDS, "until it is used up at the pace of late", low=True),
    )
    labels = ("project", "component")
    by = ("project", "component")
    over = timedelta(hours=1)
    historic = True
    options: Mapping[str, str] = {
        "objective": "share of reports that are to be successes; usually 99.9%",
        "short": "of `factor`: the short window; usually a twelfth of `over`",
        "pace": "of `gone_in`: the time whose pace counts; usually 1h",
        "least": "fewer reports than these say nothing; usually 10",
    }

    def __init__(self) -> None:
        self._read: dict[timedelta, _Read] = {}

    @staticmethod
    def wrong(measure: Measure) -> str | None:
        """What makes no sense in its options."""
        try:
            _budget(measure)
            other = _other(measure)
        except (QuantityError, ObjectiveError) as error:
            return str(error)
        name = "pace" if measure.metric == "gone_in" else "short"
        return None if timedelta(0) < other <= measure.over else f"{name!r} is not within 'over'"

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        answers: dict[Measure, Sequence[Sample]] = {}
        for each in measures:
            whole = _grouped(self._sums(session, each.over, look), each, look)
            lately = _grouped(self._sums(session, _other(each), look), each, look)
            answers[each] = [
                Sample(series, _value(each, outcomes, lately.get(series, (NOTHING,))[0]), about)
                for series, (outcomes, about) in whole.items()
            ]
        return answers

    def _sums(self, session: Session, window: timedelta, look: Look) -> Sums:
        kept = self._read.get(window)
        if kept is None or not look.at - min(window / FRESHNESS, STALE) < kept.at <= look.at:
            rows = session.execute(_ROWS, {"since": look.at - window, "until": look.at})
            sums = {(row[0], row[1]): Outcomes(row[2], row[3]) for row in rows}
            kept = self._read[window] = _Read(look.at, sums)
        return kept.sums


def _budget(measure: Measure) -> Budget:
    objective = quantity(measure.option("objective", OBJECTIVE), Unit.RATIO)
    return Budget(objective, quantity(measure.option("least", LEAST), Unit.COUNT))


def _other(measure: Measure) -> timedelta:
    """The second window."""
    if measure.metric == "gone_in":
        return span(measure.option("pace", PACE))
    return span(measure.option("short", measure.over.total_seconds() / SHORT))


def _value(measure: Measure, whole: Outcomes, lately: Outcomes) -> float | None:
    budget = _budget(measure)
    if measure.metric == "factor":
        return budget.agreed(whole, lately)
    if measure.metric == "left":
        return budget.left(whole)
    gone = budget.gone_in(whole, lately, measure.over)
    return None if gone is None else gone.total_seconds()


def _grouped(sums: Sums, measure: Measure, look: Look) -> dict[Labels, tuple[Outcomes, About]]:
    found: dict[Labels, tuple[Outcomes, About]] = {}
    for (project_id, component), outcomes in sums.items():
        told = {"project": look.project(project_id or None), "component": component}
        series = labels(measure.by, told)
        before, _ = found.get(series, (NOTHING, None))
        about = About(project_id or None) if "project" in measure.by else About()
        found[series] = (before + outcomes, about)
    return found
