"""When a breaker opens, for how long, and how it closes again: values that configuration loads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final, Self

from core.errors import UnprocessableError


class Mode(StrEnum):
    """`METRICS` counts and decides like the others, and refuses nothing."""

    ENFORCE = "enforce"
    METRICS = "metrics"


class WindowKind(StrEnum):
    TIME = "time"
    COUNT = "count"


class BreakerSettingsError(UnprocessableError):
    """A breaker cannot have these settings."""

    code = "ML-BREAKER-0002"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """Opens when a window has `threshold` failures and they are `failure_rate` of its calls.

    The same for calls longer than `timeout` and `slow_rate`. No judgement below `minimum_calls`
    (0: as many as the threshold), and none for all before a share `quorum` of the reporters is bad.
    Stays open for `reset_timeout`, which grows by `backoff` up to `longest_reset_timeout` while
    probes fail. Times in seconds.
    """

    threshold: int = 5
    timeout: float = 30.0
    reset_timeout: float = 30.0
    component: str | None = None
    target: str | None = None
    mode: Mode = Mode.ENFORCE
    failure_rate: float = 0.5
    slow_rate: float = 1.0
    minimum_calls: int = 0
    window: WindowKind = WindowKind.TIME
    window_seconds: float = 60.0
    window_calls: int = 100
    backoff: float = 1.0
    longest_reset_timeout: float = 300.0
    probes: int = 3
    ramp_seconds: float = 5.0
    quorum: float = 0.5

    def __post_init__(self) -> None:
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise BreakerSettingsError(f"{name} is {value}; it must be {least} to {most}.")

    @property
    def least_calls(self) -> int:
        return self.minimum_calls or self.threshold

    def open_seconds(self, openings: int) -> float:
        """For the opening of this number in a row; the first is 1."""
        longest = max(self.longest_reset_timeout, self.reset_timeout)
        return min(self.reset_timeout * self.backoff ** min(openings - 1, 64), longest)

    def changed(self, values: Mapping[str, Any]) -> Self:
        """With these values instead; what is not a setting, or of a wrong type, is refused."""
        return replace(self, **{name: _read(name, value) for name, value in values.items()})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "threshold": (1, 1_000_000),
    "timeout": (0.001, 86_400),
    "reset_timeout": (0.05, 86_400),
    "failure_rate": (0.01, 1),
    "slow_rate": (0.01, 1),
    "minimum_calls": (0, 1_000_000),
    "window_seconds": (1, 86_400),
    "window_calls": (1, 1_000_000),
    "backoff": (1, 10),
    "longest_reset_timeout": (0.05, 86_400),
    "probes": (1, 100),
    "ramp_seconds": (0, 3_600),
    "quorum": (0, 1),
}
_TEXTS: Final = frozenset({"component", "target"})
_CHOICES: Final[Mapping[str, type[StrEnum]]] = {"mode": Mode, "window": WindowKind}
_WHOLE: Final = frozenset({"threshold", "minimum_calls", "window_calls", "probes"})
NAMES: Final = tuple(field.name for field in fields(BreakerSettings))


def _read(name: str, value: Any) -> Any:
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise BreakerSettingsError(f"There is no setting {name!r}; there are {known}.")
    if name in _CHOICES:
        return _choice(name, value)
    if name in _TEXTS:
        if value is not None and not isinstance(value, str):
            raise BreakerSettingsError(f"{name} must be a text.")
        return value
    if isinstance(value, bool) or not isinstance(value, int if name in _WHOLE else int | float):
        kind = "a whole number" if name in _WHOLE else "a number"
        raise BreakerSettingsError(f"{name} must be {kind}.")
    return value if name in _WHOLE else float(value)


def _choice(name: str, value: Any) -> StrEnum:
    choices = _CHOICES[name]
    if value not in set(choices):
        raise BreakerSettingsError(f"{name} must be one of {', '.join(choices)}.")
    return choices(value)


@dataclass(frozen=True, slots=True)
class SettingsBook:
    """Central settings: a default, then every entry whose pattern fits the name, in order."""

    default: BreakerSettings = BreakerSettings()
    entries: Sequence[tuple[str, Mapping[str, Any]]] = ()

    def of(self, name: str, own: Mapping[str, Any] | None = None) -> BreakerSettings:
        """`own` is what operators set for this one; it wins."""
        found = self.default
        for pattern, values in self.entries:
            if fnmatchcase(name, pattern):
                found = found.changed(values)
        return found.changed(own) if own else found

    def of_component(self, component: str) -> list[str]:
        """Names of breakers that are declared for a component; its own name always is one."""
        declared = [
            pattern
            for pattern, values in self.entries
            if values.get("component") == component and not set(pattern) & set("*?[")
        ]
        return [component, *(name for name in declared if name != component)]
