"""One recovery ends: after so many acts a person is called, whatever the strategies say."""

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    if picture.taken < picture.limits.attempts:
        return None
    return Refusal("attempts", f"{picture.taken} attempts were made", Then.ESCALATE)
