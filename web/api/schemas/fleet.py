"""The agents of the pools."""

from typing import Any

from web.api.schemas.shape import Moment, Shown


class AgentShown(Shown):
    pool: str
    host: str
    target: int
    running: int
    state: str
    detail: dict[str, Any]
    seen_at: Moment
