"""After an act its target is left alone for a while, so that its effect can be seen."""

from datetime import timedelta

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    if not picture.acts:
        return None
    until = max(picture.acts) + timedelta(seconds=picture.limits.cooldown)
    if until <= picture.now:
        return None
    reason = f"{picture.action} was ordered for {picture.target} a moment ago"
    return Refusal("cooldown", reason, Then.LATER, until)
