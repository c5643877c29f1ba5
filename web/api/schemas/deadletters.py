"""Dead letters, how they are looked for, and what can be done with them."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from core.access.roles import Principal
from core.deadletters import LetterFilter
from core.errors import UnprocessableError
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown, Written


class LetterQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    state: list[Literal["open", "replayed", "discarded"]] = []
    task: list[str] = []
    reason: list[str] = Field([], description="Why it failed: exhausted, permanent, poison, …")
    queue: list[str] = []
    project: list[NumberText] = []
    group: list[str] = Field([], description="Those that failed alike.")
    since: MomentWritten | None = Field(None, description="Captured then or later.")
    until: MomentWritten | None = Field(None, description="Captured before.")
    query: str = Field("", max_length=200, description="Words of the task or the error.")

    def wanted(self, who: Principal) -> LetterFilter:
        return _filter(self, who, states=self.state)


class LetterChoice(Written):
    """The same filter for an act on many: any value of a list will do."""

    ids: list[NumberText] = Field(default_factory=list, max_length=1000)
    task: list[str] = Field(default_factory=list)
    reason: list[str] = Field(default_factory=list)
    queue: list[str] = Field(default_factory=list)
    project: list[NumberText] = Field(default_factory=list)
    group: list[str] = Field(default_factory=list)
    since: MomentWritten | None = None
    until: MomentWritten | None = None
    query: str = Field("", max_length=200)

    def wanted(self, who: Principal) -> LetterFilter:
        """Only open ones; a choice of everything is taken for a mistake."""
        found = _filter(self, who, states=["open"], ids=[int(each) for each in self.ids])
        if not found.narrows:
            raise UnprocessableError("Name dead letters by `ids`, or by at least one filter.")
        return found


def _filter(asked: LetterQuery | LetterChoice, who: Principal, **more: Any) -> LetterFilter:
    own = [int(each) for each in asked.project]
    if who.project_id is not None:
        own = [who.project_id]
    return LetterFilter(
        projects=own,
        tasks=asked.task,
        reasons=asked.reason,
        queues=asked.queue,
        groups=asked.group,
        since=asked.since,
        until=asked.until,
        query=asked.query,
        **more,
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
    group: str | None = Field(description="Shared by letters that failed alike.")
    created_at: Moment
    closed_at: Moment | None
    closed_by: str | None
    close_reason: str | None
    replayed_as: Id | None = Field(description="The work item of the replay.")
    replay_of: Id | None = Field(description="The letter whose replay this was.")


class EditShown(Shown):
    version: int
    arguments: dict[str, Any]
    queue: str | None
    author: str
    made_at: Moment


class ActShown(Shown):
    act: str
    actor: str
    address: str | None
    at: Moment
    detail: dict[str, Any]


class LetterDetail(LetterShown):
    broker: str | None
    target: str | None
    arguments: dict[str, Any] | None = Field(description="As they failed; never changed.")
    headers: dict[str, Any] | None
    raw: str | None = Field(description="The message as it came, if it was unreadable.")
    traceback: str | None
    history: list[dict[str, Any]]
    edits: list[EditShown] = Field(description="The newest is what a replay sends.")
    acts: list[ActShown] = Field(description="Who did what to it, oldest first.")


class GroupShown(Shown):
    group: str
    task: str | None
    error_type: str | None
    template: str | None = Field(description="The message; what changes stands as <kind>.")
    letters: int
    open: int
    reasons: dict[str, int]
    newest_id: Id = Field(description="The letter to look at.")
    first_seen: Moment
    last_seen: Moment


class Change(Written):
    """What is left out stays as it was."""

    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    queue: str | None = Field(None, min_length=1, max_length=200)


class Replayed(Shown):
    id: Id
    work_id: Id = Field(description="The work item that the replay became.")


class DiscardMany(LetterChoice):
    close_reason: str = Field("by_hand", min_length=1, max_length=1000)
    limit: int = Field(1000, ge=1, le=1000)


class Refused(Shown):
    id: Id
    detail: str


class ManyDiscarded(Shown):
    discarded: list[Id]
    refused: list[Refused]
