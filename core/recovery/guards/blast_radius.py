"""Never more than a share of a component's instances at a time; of a few, one."""

from datetime import timedelta
from typing import Final

from core.recovery.guard import Picture, Refusal, Then

AGAIN: Final = timedelta(seconds=5)


def check(picture: Picture) -> Refusal | None:
    if picture.instances is None:
        return None
    allowed = max(1, int(picture.instances * picture.limits.share))
    if picture.live_in_component < allowed:
        return None
    reason = f"{picture.live_in_component} of {picture.instances} instances are being acted on"
    return Refusal("blast_radius", reason, Then.LATER, picture.now + AGAIN)
