"""Refuses what is switched off, and what nobody here can do."""

from core.recovery.guard import Picture, Refusal, Then
from core.recovery.mode import Mode


def check(picture: Picture) -> Refusal | None:
    if not picture.known:
        return Refusal("switched", f"there is no action {picture.action!r} here", Then.NEXT)
    if picture.mode is Mode.OFF:
        return Refusal("switched", f"{picture.action} is switched off", Then.NEXT)
    return None
