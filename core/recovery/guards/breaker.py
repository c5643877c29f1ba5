"""What an open breaker keeps away from the component would be wasted on it."""

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    until = picture.breaker_until
    if until is None or until <= picture.now:
        return None
    return Refusal("breaker", "the component's breaker is open", Then.LATER, until)
