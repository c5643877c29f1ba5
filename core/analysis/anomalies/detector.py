"""A streaming detector: what surprises more than anything did for long is an anomaly.

1. A prediction is made from the past alone (`predictor`), and the surprise of the value is its
   distance from it, in usual errors.
2. The drift is the running mean of the signed surprises: many small ones to one side.
3. Both are held against their own records, which fade with time. Among values that come from one
   source a new record is ever rarer, so that no threshold has to be known for a series: the idea
   of conformal detection (Laxhammar and Falkman, 2011), with the record in place of a quantile.
4. After an anomaly the detector rests, so that one event is told once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.analysis.anomalies.predictor import DAY, Predictor
from core.analysis.anomalies.tuning import USUAL, Tuning

_LARGEST_DRIFT: Final = 12.0
# Beyond it a surprise says no more; a record without an end would never fade.
_LARGEST_SURPRISE: Final = 1e9
_MEMORY: Final = (
    "seen",
    "rests_until",
    "last",
    "lowest",
    "highest",
    "drift",
    "surprise_record",
    "drift_record",
)


@dataclass(frozen=True, slots=True)
class Point:
    """`score` from 0 to 1: above a half is anomalous, unless the detector learns or rests.

    Between `low` and `high` a value alone would have surprised nobody.
    """

    score: float
    anomalous: bool
    expected: float
    low: float
    high: float


class Detector:
    """One for each series; its memory does not grow beyond the slots of a week."""

    def __init__(self, tuning: Tuning = USUAL) -> None:
        self._tuning = tuning
        self._predictor = Predictor(tuning)
        self._seen = 0
        self._rests_until = 0
        self._last = 0.0
        self._lowest = self._highest = 0.0
        self._drift = 0.0
        self._surprise_record = self._drift_record = 0.0

    def update(self, at: float, value: float) -> Point:
        """`at` in seconds since the epoch, in the order of time; `value` is finite."""
        tuning, found = self._tuning, self._predictor.predict(at, value)
        spread = tuning.floor * (self._highest - self._lowest)
        unit = max(found.error, spread, tuning.least_error)
        surprise = (value - found.value) / unit if unit > 0 else 0.0
        surprise = _bounded(surprise, _LARGEST_SURPRISE)
        self._drift += tuning.drift_rate * (_bounded(surprise, _LARGEST_DRIFT) - self._drift)
        least = max(tuning.least_surprise, tuning.margin * self._surprise_record)
        least_drift = max(tuning.least_drift, tuning.margin * self._drift_record)
        excess = max(abs(surprise) / least, abs(self._drift) / least_drift)
        self._record(at, abs(surprise))
        self._note(at, value)
        return Point(
            score=excess / (1 + excess),
            anomalous=self._tells(excess),
            expected=found.value,
            low=found.value - least * unit,
            high=found.value + least * unit,
        )

    def _record(self, at: float, surprise: float) -> None:
        if self._seen < self._tuning.learning // 2:  # the usual error is a guess as yet
            return
        passed = max(at - self._last, 0.0)
        faded = 0.5 ** (passed / (self._tuning.half_life_days * DAY))
        self._surprise_record = max(self._surprise_record * faded, surprise)
        self._drift_record = max(self._drift_record * faded, abs(self._drift))

    def _note(self, at: float, value: float) -> None:
        if not self._seen:
            self._lowest = self._highest = value
        self._lowest, self._highest = min(self._lowest, value), max(self._highest, value)
        self._last = at
        self._seen += 1
        self._predictor.learn(at, value)

    def _tells(self, excess: float) -> bool:
        tuning, seen = self._tuning, self._seen
        if excess <= 1 or seen < max(tuning.learning, self._rests_until):
            return False
        rest = min(max(round(tuning.rest * seen), tuning.shortest_rest), tuning.longest_rest)
        self._rests_until = seen + rest
        return True

    def state(self) -> dict[str, Any]:
        """As JSON has it; `Detector.of` goes on from it."""
        memory = {name: getattr(self, f"_{name}") for name in _MEMORY}
        return memory | {"predictor": self._predictor.state()}

    @classmethod
    def of(cls, state: Mapping[str, Any], tuning: Tuning = USUAL) -> "Detector":
        found = cls(tuning)
        for name in _MEMORY:
            setattr(found, f"_{name}", state[name])
        found._predictor = Predictor.of(state["predictor"], tuning)
        return found


def _bounded(value: float, most: float) -> float:
    return min(max(value, -most), most)
