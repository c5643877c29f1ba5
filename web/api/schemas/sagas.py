"""Sagas and their steps."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from core.sagas.course import State
from web.api.schemas.shape import Id, Moment, Shown, Written

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SagaQuery(BaseModel):
    name: Name | None = None
    state: State | None = None

    def wanted(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class SagaStart(Written):
    name: Name
    arguments: dict[str, Any] = Field({}, description="What every step of it is given.")
    unique_key: Name | None = Field(None, description="With the same key it is begun once only.")


class SagaShown(Shown):
    id: Id
    name: str
    state: str = Field(description="running, compensating, completed, compensated, stuck.")
    steps: list[str]
    position: int = Field(description="The step whose turn it is, from 0.")
    unique_key: str | None
    error_code: str | None
    error: str | None = Field(description="Why it went backwards, or is stuck.")
    began_at: Moment
    deadline_at: Moment | None
    ended_at: Moment | None


class SagaStepShown(Shown):
    position: int
    step: str
    direction: str = Field(description="do, undo.")
    state: str = Field(description="running, done, failed.")
    attempts: int
    error_code: str | None
    error: str | None
    began_at: Moment
    ended_at: Moment | None


class SagaDetail(SagaShown):
    arguments: dict[str, Any]
    results: dict[str, Any]
    turns: list[SagaStepShown] = Field(description="Steps done and undone, as they began.")
