"""Dead letters, how they are looked for, and what can be done with them."""

from typing import Any

from pydantic import BaseModel, Field, model_validator

from core.access.roles import Principal
from core.deadletters import LetterFilter
from web.api.schemas.shape import Id, Moment, NumberText, Shown, Written


class LetterQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    state: list[str] = []
    task: list[str] = []
    reason: list[str] = []
    fingerprint: list[str] = []
    query: str = Field("", max_length=200, description="Words of the task or the error.")

    def wanted(self, who: Principal) -> LetterFilter:
        return LetterFilter(
            projects=[] if who.project_id is None else [who.project_id],
            states=self.state,
            tasks=self.task,
            reasons=self.reason,
            fingerprints=self.fingerprint,
            query=self.query,
        )


class LetterShown(Shown):
    id: Id
    state: str
    reason: str
    task: str | None
    queue: str | None
    message_id: str | None
    work_id: Id | None
    project_id: Id | None
    error_code: str | None
    category: str | None
    error_type: str | None
    message: str | None
    attempts: int
    fingerprint: str | None
    created_at: Moment
    closed_at: Moment | None
    closed_by: str | None
    close_reason: str | None
    replayed_as: Id | None = Field(description="The work item of the replay.")


class LetterDetail(LetterShown):
    broker: str | None
    arguments: dict[str, Any] | None
    headers: dict[str, Any] | None
    raw: str | None = Field(description="The message as it came, if it was unreadable.")
    traceback: str | None
    history: list[dict[str, Any]]


class Replay(Written):
    """What is left out stays as it was."""

    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    queue: str | None = Field(None, min_length=1, max_length=200)


class Replayed(Shown):
    id: Id
    work_id: Id = Field(description="The work item that the replay became.")


class ReplayMany(Written):
    """Any value of a list will do; at least one field has to say something."""

    ids: list[NumberText] = Field(default_factory=list, max_length=1000)
    task: list[str] = Field(default_factory=list)
    reason: list[str] = Field(default_factory=list)
    fingerprint: list[str] = Field(default_factory=list)
    query: str = Field("", max_length=200)
    limit: int = Field(1000, ge=1, le=1000)

    @model_validator(mode="after")
    def narrows(self) -> "ReplayMany":
        if not (self.ids or self.task or self.reason or self.fingerprint or self.query):
            raise ValueError("name dead letters by `ids`, or at least one filter")
        return self

    def wanted(self, who: Principal) -> LetterFilter:
        return LetterFilter(
            ids=[int(each) for each in self.ids],
            projects=[] if who.project_id is None else [who.project_id],
            states=["open"],
            tasks=self.task,
            reasons=self.reason,
            fingerprints=self.fingerprint,
            query=self.query,
        )


class Refused(Shown):
    id: Id
    detail: str


class ManyReplayed(Shown):
    replayed: list[Id]
    refused: list[Refused]
