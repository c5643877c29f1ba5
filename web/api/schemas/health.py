"""Signs of life."""

from pydantic import Field

from web.api.schemas.shape import Shown


class Alive(Shown):
    alive: bool = True


class Ready(Shown):
    ready: bool = True
    missing: list[str] = Field(default_factory=list)
