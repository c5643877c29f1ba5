"""The audit: acts and how they are looked for."""

from typing import Any

from pydantic import BaseModel, Field

from core.access.audit import Asked
from core.access.roles import Principal
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown


class AuditQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    actor: list[str] = Field([], description="Who: the name of a key, a person or a part of ours.")
    act: list[str] = Field([], description="What was done: `replayed`, `pool.scale`, …")
    subject: list[str] = Field([], description="What kind of thing: `deadletter`, `recovery`, …")
    subject_id: list[NumberText] = []
    project: list[NumberText] = []
    since: MomentWritten | None = Field(None, description="Done then or later.")
    until: MomentWritten | None = Field(None, description="Done before.")

    def wanted(self, who: Principal) -> Asked:
        """Who administers one project sees the acts on that project's things only."""
        own = [int(each) for each in self.project]
        return Asked(
            actors=self.actor,
            acts=self.act,
            subjects=self.subject,
            subject_ids=[int(each) for each in self.subject_id],
            projects=own if who.project_id is None else [who.project_id],
            since=self.since,
            until=self.until,
        )


class AuditShown(Shown):
    id: Id
    at: Moment
    actor: str
    address: str | None = Field(description="Where the request came from.")
    act: str
    subject: str
    subject_id: Id
    project_id: Id | None
    detail: dict[str, Any]
