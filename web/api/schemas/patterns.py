"""Patterns of messages, and how they are looked for."""

from pydantic import BaseModel, Field

from core.access.roles import Principal
from core.store.patterns import Sort
from core.store.projects import ProjectNotFoundError
from web.api.schemas.issues import IssueShown
from web.api.schemas.shape import Id, Moment, NumberText, Shown


class PatternQuery(BaseModel):
    project: list[NumberText] = Field([], description="Any of these.")
    query: str = Field("", max_length=200, description="Words of the template.")
    sort: Sort = Sort.LAST_SEEN

    def projects(self, who: Principal) -> list[int]:
        wanted = [int(each) for each in self.project]
        if who.project_id is None:
            return wanted
        strange = set(wanted) - {who.project_id}
        if strange:
            raise ProjectNotFoundError(f"There is no project {min(strange)}.")
        return [who.project_id]


class PatternShown(Shown):
    """`id` is its row, `pattern_id` its name within the project."""

    id: Id
    project_id: Id
    pattern_id: str
    template: str
    sample: str
    issue_count: int
    event_count: int
    first_seen: Moment
    last_seen: Moment


class PatternDetail(PatternShown):
    former_ids: list[str] = Field(description="Ids of patterns that went into this one.")
    issues: list[IssueShown] = Field(description="Those with the most events, a hundred at most.")
