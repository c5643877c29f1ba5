"""Numbers as people write them in rules, and as alerts show them: 90s, 500MB, 20%."""

import math
import re
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

# With an exponent, as Python and JSON write what is small: 5e-05.
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_WRITTEN: Final = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z%]*)\s*")
_TIMES: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_SIZES: Final = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_STEP: Final = 1_000
_HUNDREDTHS: Final = 0.1
LONGEST: Final = timedelta(days=366)


class Unit(StrEnum):
    COUNT = "count"
    PER_MINUTE = "per minute"
    RATIO = "ratio"
    SECONDS = "seconds"
    BYTES = "bytes"
    NUMBER = "number"


class QuantityError(ValueError):
    """Not a quantity of this unit."""


def quantity(value: Any, unit: Unit) -> float:
    """A number stands in the unit itself; a text may name a smaller or a larger one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise QuantityError("a number is needed")
    found = _WRITTEN.fullmatch(str(value))
    if found is None:
        raise QuantityError(f"{value!r} is no number")
    word = found[2].lower()
    number = float(found[1]) * (1.0 if not word else _factor(word, unit))
    if not math.isfinite(number):
        raise QuantityError("a finite number is needed")
    return number


def _factor(word: str, unit: Unit) -> float:
    known: dict[Unit, dict[str, float]] = {
        Unit.SECONDS: _TIMES,
        Unit.BYTES: dict(_SIZES),
        Unit.RATIO: {"%": 0.01},
    }
    words = known.get(unit, {})
    if word not in words:
        wanted = f"one of {', '.join(words)}" if words else "a plain number"
        raise QuantityError(f"{word!r} is no unit of {unit}; write {wanted}")
    return words[word]


def span(value: Any) -> timedelta:
    """`30s`, `5m`, `2h`, or a number of seconds."""
    seconds = quantity(value, Unit.SECONDS)
    if not 0 <= seconds <= LONGEST.total_seconds():
        raise QuantityError(f"{value!r} is not between 0s and {LONGEST.days}d")
    return timedelta(seconds=seconds)


def shown(value: float, unit: Unit) -> str:
    """Short, for a line that people read."""
    if unit is Unit.RATIO:
        return f"{value * 100:.4g} %"
    if unit is Unit.BYTES:
        return _bytes(value)
    if unit is Unit.SECONDS:
        return _seconds(value)
    small = 0 < abs(value) < _HUNDREDTHS  # two places would leave little of it, or nothing
    number = f"{value:.3g}" if small else f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{number}/min" if unit is Unit.PER_MINUTE else number


def _bytes(value: float) -> str:
    for word in ("B", "kB", "MB", "GB"):
        if abs(value) < _STEP:
            return f"{value:.4g} {word}"
        value /= _STEP
    return f"{value:.4g} TB"


def _seconds(value: float) -> str:
    for word, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if abs(value) >= 2 * size:
            return f"{value / size:.3g} {word}"
    return f"{value:.3g} s"
