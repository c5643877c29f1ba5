"""When a number will reach its limit: Holt and Winters' smoothing with intervals.

1. Values stand in even slots; a gap is bridged by a straight line.
2. What cannot get there at three times its steepest pace needs no model.
3. Level, trend and (with two whole days of history) the season of the day are fitted; the spread
   of a prediction grows with its distance (Hyndman and others, 2008, chapter 6).
4. The limit counts as reached in the first slot in which that is as likely as was asked for.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from statistics import NormalDist
from typing import Final

from core.errors import ConfigurationError

LEAST_POINTS: Final = 24
# Fewer than so many of a series' slots with a value tell too little.
LEAST_SHARE: Final = 0.5
STEEPER: Final = 3.0
DAY: Final = timedelta(days=1)
SEASONS: Final = 2
MOST_ITERATIONS: Final = 100


class ForecastExtraError(ConfigurationError):
    """Forecasts need the extra `forecast`: install `mendline[forecast]` where alerts run."""

    code = "ML-CONF-0024"


@dataclass(frozen=True, slots=True)
class Limit:
    """`rising`: reached from below. `certainty` is how likely it is to have been reached."""

    value: float
    rising: bool
    certainty: float = 0.5

    def distance(self, value: float) -> float:
        """Not above 0 where it has been reached."""
        return self.value - value if self.rising else value - self.value


@dataclass(frozen=True, slots=True)
class Line:
    """Values in even slots; the last one ends at `until`."""

    values: Sequence[float]
    slot: timedelta
    until: datetime


@dataclass(frozen=True, slots=True)
class Prospect:
    """Means and spreads (standard deviations) of the slots after a line."""

    means: Sequence[float]
    spreads: Sequence[float]


def available() -> bool:
    return find_spec("statsmodels") is not None


def line(values: Mapping[datetime, float], slot: timedelta, until: datetime) -> Line | None:
    """None where too little is known."""
    if not values:
        return None
    first = min(values)
    count = round((until - first) / slot)
    known = {round((at - first) / slot): value for at, value in values.items() if at < until}
    if count < LEAST_POINTS or len(known) < LEAST_SHARE * count:
        return None
    return Line(_bridged(known, count), slot, until)


def _bridged(known: Mapping[int, float], count: int) -> list[float]:
    places = sorted(known)
    filled: list[float] = []
    for left, right in zip(places, [*places[1:], count], strict=True):
        begun, end = known[left], known.get(right, known[left])
        step = (end - begun) / (right - left)
        filled += [begun + step * place for place in range(right - left)]
    return filled


def reachable(seen: Line, limit: Limit, slots: int) -> bool:
    """Whether it is worth a model at all."""
    values = seen.values
    distance = limit.distance(values[-1])
    if distance <= 0:
        return True
    quarter = max(len(values) // 4, 2)
    paces = [
        abs(values[-1] - values[0]) / (len(values) - 1),
        abs(values[-1] - values[-quarter]) / (quarter - 1),
    ]
    return distance <= max(values) - min(values) + STEEPER * max(paces) * slots


def season(seen: Line) -> int | None:
    """Slots of a day, where enough days are known."""
    slots = round(DAY / seen.slot)
    return slots if slots > 1 and len(seen.values) >= SEASONS * slots else None


def prospect(seen: Line, slots: int) -> Prospect:
    """Imports much, the first time. Raises `ForecastExtraError` where it cannot."""
    try:
        import pandas as pd  # noqa: PLC0415  only who forecasts pays for it
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415
    except ImportError as error:
        raise ForecastExtraError from error
    count, days = len(seen.values), season(seen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that could be better: intervals tell it
        model = ETSModel(
            pd.Series(seen.values, dtype=float),
            error="add",
            trend="add",
            seasonal="add" if days else None,
            seasonal_periods=days,
            initialization_method="heuristic",
        )
        found = model.fit(disp=False, maxiter=MOST_ITERATIONS)
        told = found.get_prediction(start=count, end=count + slots - 1)
    means = [float(each) for each in told.predicted_mean]
    spreads = [max(float(each), 0.0) ** 0.5 for each in told.forecast_variance]
    return Prospect(means, spreads)


def reached_in(found: Prospect, limit: Limit, last: float, slot: timedelta) -> timedelta | None:
    """From the end of the line on; none where it is not within the prospect."""
    if limit.distance(last) <= 0:
        return timedelta(0)
    shift = NormalDist().inv_cdf(limit.certainty) * (-1 if limit.rising else 1)
    before = limit.distance(last)
    for place, (mean, spread) in enumerate(zip(found.means, found.spreads, strict=True)):
        left = limit.distance(mean + shift * spread)
        if left <= 0:
            return slot * (place + before / (before - left))
        before = left
    return None
