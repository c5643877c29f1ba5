"""Pools, their agents, and the decisions about their size."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from core.maintenance.steering import Known
from core.model import PoolLoad
from web.api.schemas.shape import Id, Moment, Shown, Written

MOST_CHILDREN = 10_000
LONGEST_SECONDS = 30 * 86_400


class AgentShown(Shown):
    """`target` counts children, `running` Celery processes that take work."""

    pool: str
    host: str
    target: int
    running: int
    state: str
    detail: dict[str, Any]
    seen_at: Moment


class LoadShown(Shown):
    """What an autoscaler outside reads: `wanted` is what the load asks for, without any bounds."""

    pool: str
    at: Moment
    wanted: int
    target: int
    running: int | None
    busy: float | None
    backlog: float | None
    oldest_seconds: float | None
    kind: str
    reason: str


class OverrideShown(Shown):
    children: int
    author: str
    set_at: Moment
    until: Moment | None


class PoolShown(Shown):
    pool: str
    load: LoadShown | None
    override: OverrideShown | None
    hosts: list[AgentShown]

    @classmethod
    def of(cls, known: Known) -> Self:
        return cls(
            pool=known.pool,
            load=_shown(known.load),
            override=known.override and OverrideShown.model_validate(known.override),
            hosts=[AgentShown.model_validate(agent) for agent in known.agents],
        )


def _shown(load: PoolLoad | None) -> LoadShown | None:
    return None if load is None else LoadShown.model_validate(load)


class DecisionShown(Shown):
    id: Id
    pool: str
    at: Moment
    kind: str
    old: int
    new: int
    reason: str
    inputs: dict[str, Any]


class Scale(Written):
    """How many children the pool is to have, or `automatic`: as many as the load asks for."""

    children: Annotated[int, Field(ge=0, le=MOST_CHILDREN)] | None = None
    automatic: bool = False
    for_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.children is None) is not self.automatic:
            raise ValueError("send `children`, or `automatic: true`")
        return self

    def until(self, now: datetime) -> datetime | None:
        return now + timedelta(seconds=self.for_seconds) if self.for_seconds else None


class Scaled(Shown):
    pool: str
    children: int | None
    until: Moment | None


class Restart(Written):
    """On one host, or on all."""

    host: str | None = None


class Restarting(Shown):
    pool: str
    hosts: list[str]
