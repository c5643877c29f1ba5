"""Deploys and other changes that are told."""

from pydantic import Field

from core.insight.deploys import DeployKind
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown, Written


class DeployCreate(Written):
    name: str = Field(min_length=1, max_length=200, description="The release, or what changed.")
    kind: DeployKind = DeployKind.RELEASE
    project: NumberText | None = Field(None, description="Default: the only project of the key.")
    environment: str | None = Field(None, min_length=1, max_length=200)
    component: str | None = Field(None, min_length=1, max_length=200)
    note: str = Field("", max_length=1000)
    at: MomentWritten | None = Field(None, description="When it took effect. Default: now.")


class DeployShown(Shown):
    id: Id
    project_id: Id
    kind: str
    name: str
    environment: str | None
    component: str | None
    note: str
    at: Moment
    created_by: str
    created_at: Moment
