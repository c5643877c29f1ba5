"""In a maintenance window people work; nothing is done between their hands."""

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    ends = [until for window in picture.windows if (until := window.until(picture.now))]
    if not ends:
        return None
    return Refusal("maintenance", "a maintenance window is open", Then.LATER, max(ends))
