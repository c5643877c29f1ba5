"""So many actions at once: on one target, and in the whole project."""

from datetime import timedelta
from typing import Final

from core.recovery.guard import Picture, Refusal, Then

AGAIN: Final = timedelta(seconds=5)


def check(picture: Picture) -> Refusal | None:
    if picture.live >= picture.limits.at_once:
        reason = f"{picture.live} actions on {picture.target} are under way"
    elif picture.live_in_project >= picture.limits.at_once_in_project:
        reason = f"{picture.live_in_project} actions are under way in the project"
    else:
        return None
    return Refusal("concurrency", reason, Then.LATER, picture.now + AGAIN)
