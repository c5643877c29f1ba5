"""Switches as applications read them, and as operators set them."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints

from web.api.schemas.shape import Id, Moment, Shown, Written

LONGEST_SECONDS = 365 * 86_400
Why = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class SwitchesShown(Shown):
    """Those in force. What is not here is not set."""

    project_id: Id
    switches: dict[str, Any]


class SwitchShown(Shown):
    name: str
    value: Any
    version: Id
    author: str
    why: str
    set_at: Moment
    until: Moment | None


class ChangeShown(Shown):
    """`new` is null where the switch was taken away."""

    id: Id
    name: str
    old: Any
    new: Any
    author: str
    why: str
    at: Moment
    until: Moment | None


class SwitchSet(Written):
    value: JsonValue = Field(description="Anything but null, 4 KiB at most.")
    why: Why
    for_seconds: float | None = Field(
        None, gt=0, le=LONGEST_SECONDS, description="How long it holds; for ever without it."
    )

    def until(self, now: datetime) -> datetime | None:
        return now + timedelta(seconds=self.for_seconds) if self.for_seconds else None


class SwitchGone(Shown):
    name: str
