"""How a breaker stands: one value that rows, Redis and every process's copy agree on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """The forced ones are set by operators and stay until their time is over, or a reset.

    One that is opening is decided: whoever has heard of it refuses. It is open, and shown so, only
    when no process can be left that has not.
    """

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPENING = "forced_opening"
    FORCED_OPEN = "forced_open"
    FORCED_CLOSED = "forced_closed"

    @property
    def shown(self) -> str:
        """The word for clients, who only ask whether to call."""
        return _SHOWN.get(self, self.value)


_SHOWN: Final = {
    State.OPENING: "closed",
    State.FORCED_OPENING: "closed",
    State.FORCED_OPEN: "open",
    State.FORCED_CLOSED: "closed",
}
FORCED: Final = frozenset({State.FORCED_OPEN, State.FORCED_CLOSED})
# What each that is decided becomes.
TAKES_EFFECT: Final = {State.OPENING: State.OPEN, State.FORCED_OPENING: State.FORCED_OPEN}
OPENING: Final = frozenset(TAKES_EFFECT)
FORCED_SHUT: Final = frozenset({State.FORCED_OPENING, State.FORCED_OPEN})
# What holds work: nothing is begun in these, except for probes.
SHUT: Final = frozenset({State.OPEN, State.HALF_OPEN, State.FORCED_OPEN}) | OPENING


@dataclass(frozen=True, slots=True)
class Standing:
    """`version` grows with every transition; what was begun under another one does not count.

    `retry_at` is when an open one tries again, or a forced one ends. `openings` counts those in a
    row without a success. Until `ramp_until` a closed one lets a growing share of calls through.
    """

    name: str
    state: State
    version: int
    since: datetime
    retry_at: datetime | None = None
    openings: int = 0
    ramp_until: datetime | None = None
    reason: str = ""


def begun(name: str, now: datetime) -> Standing:
    """Of a breaker that nobody has heard of."""
    return Standing(name, State.CLOSED, 1, now, reason="first use")
