"""Retries are a budget that success refills: where nothing succeeds, more of them only burden."""

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    if picture.budget:
        return None
    return Refusal("budget", "the budget for retries is used up", Then.NEXT)
