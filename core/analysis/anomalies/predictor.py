"""What value comes next: as just now, as at this time of day, or as at this time of the week."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.analysis.anomalies.tuning import Tuning

DAY: Final = 86_400
SLOTS: Final = 48
# A season is believed after it has been seen twice.
_BELIEVED: Final = {"day": 2 * DAY, "week": 15 * DAY}
_SOLID: Final = 50
_LARGEST: Final = 4.0


@dataclass(slots=True)
class Usual:
    """A mean that follows its newest values; plain until it has seen enough of them."""

    value: float = 0.0
    seen: int = 0

    def learn(self, value: float, rate: float) -> None:
        self.seen += 1
        self.value += max(rate, 1 / self.seen) * (value - self.value)


@dataclass(slots=True)
class Error:
    """The usual size of a predictor's error; one outlier hardly moves it."""

    size: Usual = field(default_factory=Usual)

    def learn(self, error: float, rate: float) -> None:
        if self.size.seen >= _SOLID and self.size.value > 0:
            error = min(error, _LARGEST * self.size.value)
        self.size.learn(error, rate)


@dataclass(frozen=True, slots=True)
class Prediction:
    """`error`: the usual distance between such predictions and the values."""

    value: float
    error: float


class Predictor:
    """Asks the predictor that has erred least so far; all of them learn from every value."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._begun: float | None = None
        self._level = Usual()
        self._season: dict[str, dict[int, Usual]] = {"day": {}, "week": {}}
        self._errors = {name: Error() for name in ("level", "day", "week")}

    def predict(self, at: float, value: float) -> Prediction:
        """`value` serves where nothing has been seen yet."""
        if self._begun is None:
            return Prediction(value, 0.0)
        best = "level"
        for name, slot in _slots(at).items():
            known = slot in self._season[name] and at - self._begun > _BELIEVED[name]
            if known and self._errors[name].size.value < self._errors[best].size.value:
                best = name
        found = self._level if best == "level" else self._season[best][_slots(at)[best]]
        return Prediction(found.value, self._errors[best].size.value)

    def learn(self, at: float, value: float) -> None:
        tuning = self._tuning
        rates = {"day": tuning.day_rate, "week": tuning.week_rate}
        if self._begun is None:
            self._begun = at
        if self._level.seen:
            self._errors["level"].learn(abs(value - self._level.value), tuning.error_rate)
        self._level.learn(value, tuning.level_rate)
        for name, slot in _slots(at).items():
            usual = self._season[name].setdefault(slot, Usual())
            if usual.seen:
                self._errors[name].learn(abs(value - usual.value), tuning.error_rate)
            usual.learn(value, rates[name])

    def state(self) -> dict[str, Any]:
        """As JSON has it; `Predictor.of` reads it again."""
        return {
            "begun": self._begun,
            "level": _plain(self._level),
            "errors": {name: _plain(error.size) for name, error in self._errors.items()},
            "season": {
                name: {str(slot): _plain(usual) for slot, usual in slots.items()}
                for name, slots in self._season.items()
            },
        }

    @classmethod
    def of(cls, state: Mapping[str, Any], tuning: Tuning) -> "Predictor":
        found = cls(tuning)
        found._begun = state["begun"]
        found._level = Usual(*state["level"])
        found._errors = {name: Error(Usual(*each)) for name, each in state["errors"].items()}
        found._season = {
            name: {int(slot): Usual(*each) for slot, each in slots.items()}
            for name, slots in state["season"].items()
        }
        return found


def _plain(usual: Usual) -> list[float]:
    return [usual.value, usual.seen]


def _slots(at: float) -> dict[str, int]:
    day, second = divmod(at, DAY)
    slot = int(second * SLOTS // DAY)
    return {"day": slot, "week": int(day) % 7 * SLOTS + slot}
