"""Circuit breakers by their rows, for all processes: how they stand, and what is forced."""

from typing import Final

from sqlalchemy.orm import Session

from config.telemetry import BREAKER_FORCED, BREAKER_SHUT
from core.resilience.breaker.standing import FORCED, State
from core.store import breakers

# Foreign applications choose the names; so many of them are told apart.
MOST_TOLD: Final = 200
_STATES: Final = tuple(sorted(FORCED))
_told: set[str] = set()


def collect(session: Session) -> None:
    """Those that are not as they usually are, and once more those that are so again."""
    unusual = set(State) - {State.CLOSED}
    standing = dict(breakers.standing(session, sorted(unusual), limit=MOST_TOLD))
    for name in {*standing, *_told}:
        state = State(standing.get(name, State.CLOSED))
        for forced in _STATES:
            BREAKER_FORCED.labels(name, forced.shown).set(float(state is forced))
        shut = 0.0 if state.shown == "closed" else 0.5 if state is State.HALF_OPEN else 1.0
        BREAKER_SHUT.labels(name).set(shut)
    _told.clear()
    _told.update(standing)
