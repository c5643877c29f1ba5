"""Forecasts: how long until a number reaches its limit, as far as the past tells.

1. Now and then all series are read; those that could reach their limit wait for a model.
2. A few models are fitted in each look, so that no look takes long.
3. What was found is a moment, kept in rows: the value counts down to it until the next model.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.alerts import courses, forecasting
from core.alerts.condition import (
    About,
    Answers,
    Labels,
    Look,
    Measure,
    Metric,
    Sample,
)
from core.alerts.condition import named as metrics_of
from core.alerts.forecasting import Limit, Line
from core.alerts.memory import Memories, Remembered, RowMemories
from core.alerts.slots import Span
from core.alerts.units import QuantityError, Unit, quantity, span
from core.alerts.watching import begins

# A history is divided into so many slots, of whole minutes.
POINTS: Final = 144
MINUTE: Final = timedelta(minutes=1)
OFTEN: Final = timedelta(minutes=1)
SELDOM: Final = timedelta(minutes=10)
AGED: Final = timedelta(days=1)
MOST_FITS: Final = 5
MOST_SLOTS: Final = 500
HORIZON: Final = "24h"
UNITS: Final = {"gauge": Unit.NUMBER, "memory": Unit.BYTES, "budget": Unit.RATIO}


@dataclass(slots=True)
class _Round:
    """Of one measure: when its series were read, who still waits for a model, what was found."""

    read_at: datetime
    waiting: dict[Labels, Line] = field(default_factory=dict)
    found: dict[Labels, Remembered] = field(default_factory=dict)
    abouts: dict[Labels, About] = field(default_factory=dict)


class Forecast:
    kind = "forecast"
    about = "how long until a number reaches its limit, as far as the past tells"
    metrics = metrics_of(
        Metric("gauge", Unit.SECONDS, "until a gauge reaches `limit`", low=True),
        Metric("memory", Unit.SECONDS, "until a component's memory reaches `limit`", low=True),
        Metric("budget", Unit.SECONDS, "until a component's error budget is used up", low=True),
    )
    labels = ("project", "host", "path", "name", "kind", "component", "currency", "subject")
    by = labels
    over = timedelta(hours=12)
    historic = True
    options: Mapping[str, str] = {
        "gauge": "of `gauge`: name of the number, such as disk_free_ratio",
        "limit": "what it must not reach; of `budget` it is usually 0",
        "reached": "from above or from below; usually from below, of `budget` from above",
        "horizon": "how far is looked ahead, and told where nothing is reached; usually 24h",
        "certainty": "how likely it is to be reached by then; usually 50%",
        "objective": "of `budget`: share of reports that are to be successes; usually 99.9%",
    }

    def __init__(self, memories: Memories | None = None) -> None:
        self._memories = memories or RowMemories()
        self._rounds: dict[str, _Round] = {}

    @staticmethod
    def wrong(measure: Measure) -> str | None:
        """What makes no sense in its options."""
        try:
            limit, ahead = _limit(measure), span(measure.option("horizon", HORIZON))
            objective = courses.objective(measure)
        except QuantityError as error:
            return str(error)
        if measure.metric == "gauge" and not measure.option("gauge"):
            return "which gauge is meant is not said"
        if measure.metric != "budget" and measure.option("limit") is None:
            return "'limit' is missing"
        if not 0 < limit.certainty < 1 or not 0 < objective < 1:
            return "'certainty' and 'objective' lie between 0 % and 100 %"
        if not MINUTE <= ahead <= MOST_SLOTS * _slot(measure):
            return f"'horizon' is more than {MOST_SLOTS * _slot(measure)}; lengthen 'over'"
        return None

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        answers: dict[Measure, Sequence[Sample]] = {}
        left = MOST_FITS
        for each in measures:
            name = f"{each.name}/{each.over}/{','.join(each.by)}/{each.options}"
            current = self._rounds.get(name)
            if current is None or not current.read_at <= look.at < _due(current, each):
                self._begin(session, name, each, look)
            left -= self._fit(session, name, each, most=left)
            answers[each] = _samples(self._rounds[name], each, look)
        return answers

    def _begin(self, session: Session, name: str, measure: Measure, look: Look) -> None:
        """Reads what all series were, and what others have found meanwhile."""
        read = courses.read(session, measure, _span(measure, look), look=look)
        current = self._rounds[name] = _Round(look.at, abouts=read.abouts)
        known = self._memories.load(session, name)
        current.found = {series: each for series, each in known.items() if series in read.values}
        limit, ahead = _limit(measure), _ahead(measure)
        calm: dict[Labels, Remembered] = {}
        for series, values in read.values.items():
            seen = forecasting.line(values, read.slot, read.until)
            if seen is None:
                continue
            if not forecasting.reachable(seen, limit, ahead):
                calm[series] = Remembered({"at": None}, look.at, look.at)
            elif series not in known or not look.at - SELDOM < known[series].until <= look.at:
                current.waiting[series] = seen
        current.found |= calm
        news = {series: each for series, each in calm.items() if _news(known.get(series), look)}
        self._memories.save(session, name, news)

    def _fit(self, session: Session, name: str, measure: Measure, *, most: int) -> int:
        current, limit = self._rounds[name], _limit(measure)
        chosen = list(current.waiting)[: max(most, 0)]
        made: dict[Labels, Remembered] = {}
        for series in chosen:
            seen = current.waiting.pop(series)
            found = forecasting.prospect(seen, _ahead(measure))
            wait = forecasting.reached_in(found, limit, seen.values[-1], seen.slot)
            at = None if wait is None else (seen.until + wait).timestamp()
            made[series] = Remembered({"at": at}, seen.until, seen.until)
        current.found |= made
        self._memories.save(session, name, made)
        return len(chosen)


def _samples(current: _Round, measure: Measure, look: Look) -> list[Sample]:
    horizon = span(measure.option("horizon", HORIZON)).total_seconds()
    samples = []
    for series, about in current.abouts.items():
        found, value = current.found.get(series), None
        if found is not None:
            at = found.state["at"]
            value = horizon if at is None else min(max(at - look.at.timestamp(), 0.0), horizon)
        samples.append(Sample(series, value, about))
    return samples


def _news(known: Remembered | None, look: Look) -> bool:
    """What was calm before and still is, is written now and then only."""
    return known is None or known.state["at"] is not None or known.until < look.at - AGED


def _due(current: _Round, measure: Measure) -> datetime:
    return current.read_at + min(max(measure.over / POINTS, OFTEN), SELDOM)


def _slot(measure: Measure) -> timedelta:
    return max(measure.over / POINTS // MINUTE * MINUTE, MINUTE)


def _span(measure: Measure, look: Look) -> Span:
    slot = _slot(measure)
    until = begins(look.at, slot)
    return Span(until - POINTS * slot, until, slot)


def _ahead(measure: Measure) -> int:
    return max(round(span(measure.option("horizon", HORIZON)) / _slot(measure)), 1)


def _limit(measure: Measure) -> Limit:
    value = quantity(measure.option("limit", 0), UNITS[measure.metric])
    usual = "from above" if measure.metric == "budget" else "from below"
    reached = measure.option("reached", usual)
    if reached not in {"from above", "from below"}:
        raise QuantityError(f"'reached' is {reached!r}; write from below or from above")
    certainty = quantity(measure.option("certainty", "50%"), Unit.RATIO)
    return Limit(value, reached == "from below", certainty)
