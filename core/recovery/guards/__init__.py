"""The family of guards in the order in which they are asked; the first refusal counts."""

from typing import Final

from core.recovery.guard import Guard, Picture, Refusal
from core.recovery.guards import (
    approval,
    attempts,
    blast_radius,
    breaker,
    budget,
    concurrency,
    cooldown,
    frequency,
    maintenance,
    switched,
)

GUARDS: Final[tuple[Guard, ...]] = (
    switched.check,
    attempts.check,
    frequency.check,
    maintenance.check,
    breaker.check,
    budget.check,
    cooldown.check,
    concurrency.check,
    blast_radius.check,
    approval.check,
)


def refusal(picture: Picture) -> Refusal | None:
    """None where the action may go."""
    for guard in GUARDS:
        found = guard(picture)
        if found is not None:
            return found
    return None
