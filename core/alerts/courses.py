"""The course that a number took, slot by slot: what forecasts go on from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts import slots
from core.alerts.condition import NOTHING, About, Labels, Look, Measure, labels
from core.alerts.slots import Slot, Span
from core.alerts.units import Unit, quantity

OBJECTIVE: Final = "99.9%"

_GAUGES: Final = text("""
    SELECT labels, project_id,
        to_timestamp(floor(extract(epoch FROM minute) / :slot) * :slot) AS begun, avg(last)
    FROM gauge_minutes
    WHERE name = :name AND minute >= :since AND minute < :until
    GROUP BY 1, 2, 3""")

Values = dict[Labels, dict[datetime, float]]


class Courses(NamedTuple):
    """By the beginnings of slots; the last of them ends at `until`."""

    values: Values
    abouts: dict[Labels, About]
    slot: timedelta
    until: datetime


def read(session: Session, measure: Measure, span: Span, *, look: Look) -> Courses:
    """Of a gauge, of memory, or of what is left of an error budget."""
    if measure.metric == "gauge":
        return _gauges(session, measure, span, look=look)
    found = slots.read(session, span, by=measure.by, look=look)
    if measure.metric == "memory":
        values = {series: slots.numbers(each, "memory") for series, each in found.series.items()}
    else:
        share = objective(measure)
        values = {series: left(each, share) for series, each in found.series.items()}
    known = {series: each for series, each in values.items() if each}
    return Courses(known, found.abouts, span.slot, span.until)


def objective(measure: Measure) -> float:
    return quantity(measure.option("objective", OBJECTIVE), Unit.RATIO)


def left(known: Mapping[datetime, Slot], share: float) -> dict[datetime, float]:
    """Of the whole time's budget, after each slot; below 0 where more was used up."""
    allowed = (1 - share) * sum(each.reports for each in known.values())
    if not allowed:
        return {}
    rest, found = 1.0, {}
    for begun in sorted(known):
        rest -= known[begun].failures / allowed
        found[begun] = rest
    return found


def _gauges(session: Session, measure: Measure, span: Span, *, look: Look) -> Courses:
    asked: dict[str, Any] = {
        "slot": span.slot.total_seconds(),
        "since": span.since,
        "until": span.until,
        "name": str(measure.option("gauge")),
    }
    values: Values = {}
    abouts: dict[Labels, About] = {}
    for own, project_id, begun, value in session.execute(_GAUGES, asked):
        told = {name: str(each) for name, each in own.items()}
        series = labels(measure.by, told | {"project": look.project(project_id)})
        abouts.setdefault(series, About(project_id) if project_id else NOTHING)
        values.setdefault(series, {})[begun] = value
    return Courses(values, abouts, span.slot, span.until)
