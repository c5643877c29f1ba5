"""What an agent tells of itself; apart from the tables, so that it starts without them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """`target` is what a new agent begins with; afterwards the controller decides.

    `target` counts children, `running` Celery processes that take work.
    """

    pool: str
    host: str
    target: int
    running: int
    state: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Orders:
    """What the agent reads in return: children wanted, and how often a restart was asked for."""

    target: int
    restarts_asked: int = 0
