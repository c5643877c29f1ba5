"""Where a person is to be asked, nothing happens before."""

from core.recovery.guard import Picture, Refusal, Then
from core.recovery.mode import Mode


def check(picture: Picture) -> Refusal | None:
    if picture.mode is not Mode.APPROVE or picture.approved:
        return None
    return Refusal("approval", f"{picture.action} waits for a person's word", Then.ASK)
