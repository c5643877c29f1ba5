"""How long to wait before the next attempt: values that answer, never loops that sleep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Protocol

# Delays are at their cap long before; powers of large numbers would overflow.
_STEPS: Final = 64


class Delay(Protocol):
    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        """Seconds to wait after the given attempt (the first is 1); `told` by the failing side."""
        ...


@dataclass(frozen=True, slots=True)
class Exponential:
    """Delay grows by `factor` per attempt up to `cap`; jitter spreads it by ± `jitter` of itself.

    `base` and `cap` in seconds. Source of the ± 10 % default: the product's requirements.
    """

    base: float = 1.0
    factor: float = 2.0
    cap: float = 300.0
    jitter: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        plain = min(self.base * self.factor ** min(attempt - 1, _STEPS), self.cap)
        return _spread(plain, self.jitter, rand)


@dataclass(frozen=True, slots=True)
class FullJitter:
    """Anything between nothing and the exponential delay: spreads a herd best.

    Source: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """

    base: float = 1.0
    factor: float = 2.0
    cap: float = 60.0

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        return rand.uniform(0, min(self.base * self.factor ** min(attempt - 1, _STEPS), self.cap))


@dataclass(frozen=True, slots=True)
class Decorrelated:
    """Between `base` and `factor` times the delay before, at most `cap`; never below `base`.

    The delay before is not remembered but drawn anew, which has the same distribution and keeps
    this a value. Source: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """

    base: float = 1.0
    factor: float = 3.0
    cap: float = 60.0

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        before = self.base
        for _ in range(min(attempt, _STEPS)):
            before = min(self.cap, rand.uniform(self.base, before * self.factor))
        return before


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same delay, in seconds."""

    seconds: float = 1.0
    jitter: float = 0.0

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        return _spread(self.seconds, self.jitter, rand)


@dataclass(frozen=True, slots=True)
class Linear:
    """Delay grows by `step` seconds per attempt, from `base` up to `cap`."""

    base: float = 1.0
    step: float = 1.0
    cap: float = 60.0
    jitter: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        return _spread(min(self.base + self.step * (attempt - 1), self.cap), self.jitter, rand)


@dataclass(frozen=True, slots=True)
class Fibonacci:
    """Each delay is the sum of the two before: slower to grow than doubling, up to `cap`."""

    base: float = 1.0
    cap: float = 60.0
    jitter: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        now, then = 1, 1
        for _ in range(min(attempt, _STEPS) - 1):
            now, then = then, now + then
        return _spread(min(self.base * now, self.cap), self.jitter, rand)


@dataclass(frozen=True, slots=True)
class ServerTold:
    """What the failing side asked for, never early, at most `cap`; else what `otherwise` says.

    Up to `spread` of the time is added, so that not all who were told the same come back at once.
    """

    otherwise: Delay
    cap: float = 3_600.0
    spread: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        if told is None:
            return self.otherwise.delay(attempt, rand=rand)
        return min(told, self.cap) * (1 + self.spread * rand.random())


@dataclass(frozen=True, slots=True)
class Scaled:
    """`factor` times what `of` says, but what the failing side asked for stays as it is."""

    of: Delay
    factor: float

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        plain = self.of.delay(attempt, rand=rand, told=told)
        return plain if told is not None else plain * self.factor


@dataclass(frozen=True, slots=True)
class Within:
    """What `of` says, but never less than `least` nor more than `most` seconds."""

    of: Delay
    least: float = 0.0
    most: float = float("inf")

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        return min(max(self.of.delay(attempt, rand=rand, told=told), self.least), self.most)


def _spread(seconds: float, jitter: float, rand: Random) -> float:
    return seconds * (1 + jitter * rand.uniform(-1, 1)) if jitter else seconds


def _exponential(table: Mapping[str, Any]) -> Delay:
    return Exponential(table["base"], table["factor"], table["cap"], table["jitter"])


def _full_jitter(table: Mapping[str, Any]) -> Delay:
    return FullJitter(table["base"], table["factor"], table["cap"])


def _decorrelated(table: Mapping[str, Any]) -> Delay:
    return Decorrelated(table["base"], table["factor"], table["cap"])


def _fixed(table: Mapping[str, Any]) -> Delay:
    return Fixed(table["base"], table["jitter"])


def _linear(table: Mapping[str, Any]) -> Delay:
    return Linear(table["base"], table["base"] * table["factor"], table["cap"], table["jitter"])


def _fibonacci(table: Mapping[str, Any]) -> Delay:
    return Fibonacci(table["base"], table["cap"], table["jitter"])


BY_NAME: Final[Mapping[str, Callable[[Mapping[str, Any]], Delay]]] = {
    "exponential": _exponential,
    "full_jitter": _full_jitter,
    "decorrelated": _decorrelated,
    "fixed": _fixed,
    "linear": _linear,
    "fibonacci": _fibonacci,
}


def named(strategy: str, table: Mapping[str, Any]) -> Delay:
    """A delay as configuration writes it: by name, with `base`, `factor`, `cap` and `jitter`.

    A linear one begins with `base` and grows by `base` times `factor`.
    """
    make = BY_NAME.get(strategy)
    if make is None:
        raise ValueError(f"there is no delay {strategy!r}; choose from {', '.join(BY_NAME)}")
    numbers = {"base": 1.0, "factor": 2.0, "cap": 300.0, "jitter": 0.1}
    return make({name: float(table.get(name, usual)) for name, usual in numbers.items()})
