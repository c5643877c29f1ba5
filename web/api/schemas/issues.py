"""Issues, how they are looked for, and what can be changed of them."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from core.access.roles import Principal
from core.issues.states import Status
from core.store.issues import IssueFilter, Sort
from core.store.projects import ProjectNotFoundError
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown, Written


class IssueQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    project: list[NumberText] = []
    status: list[Status] = []
    level: list[str] = []
    category: list[str] = []
    component: list[str] = []
    query: str = Field("", max_length=200, description="Words of the title or the culprit.")
    sort: Sort = Sort.LAST_SEEN

    @property
    def narrows(self) -> bool:
        return bool(self.model_dump(exclude={"sort"}, exclude_defaults=True))

    def wanted(self, who: Principal, ids: Sequence[int] = ()) -> IssueFilter:
        projects = [int(each) for each in self.project]
        if who.project_id is not None:
            strange = set(projects) - {who.project_id}
            if strange:
                raise ProjectNotFoundError(f"There is no project {min(strange)}.")
            projects = [who.project_id]
        return IssueFilter(
            ids=ids,
            projects=projects,
            statuses=self.status,
            levels=self.level,
            categories=self.category,
            components=self.component,
            query=self.query,
        )


class IssueShown(Shown):
    id: Id
    project_id: Id
    title: str
    culprit: str
    level: str
    category: str
    family: str | None
    kind: str | None = Field(description="What went wrong inside of the family.")
    transient: bool
    severity: str
    component: str | None
    status: str
    status_changed_at: Moment
    ignored_until: Moment | None
    first_seen: Moment
    last_seen: Moment
    first_release: str | None
    last_release: str | None
    event_count: int
    merged_into: Id | None


class TransitionShown(Shown):
    old: str | None
    new: str
    reason: str
    actor: str
    at: Moment


class IssueDetail(IssueShown):
    issue_keys: list[str]
    merged: list[Id] = Field(description="Issues that this one took over.")
    transitions: list[TransitionShown] = Field(description="Newest first.")


class IssueChange(Written):
    status: Literal["unresolved", "resolved", "ignored"]
    ignored_until: MomentWritten | None = Field(
        None, description="With `ignored`: until when. Without it: for good."
    )
    reason: str = Field("", max_length=1000)


class Changed(Shown):
    changed: list[Id] = Field(description="Issues whose state is another one now.")


class Merge(Written):
    issues: list[NumberText] = Field(
        min_length=1, max_length=1000, description="Ids of issues that this one takes over."
    )
