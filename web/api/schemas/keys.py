"""API keys: who may do what."""

from pydantic import Field

from core.access.roles import Role
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown, Written


class KeyCreate(Written):
    role: Role
    project: NumberText | None = Field(None, description="Id of the only project it may see.")
    label: str = Field("", max_length=200)
    expires_at: MomentWritten | None = None


class KeyShown(Shown):
    id: Id
    prefix: str = Field(description="The beginning of the key, to recognise it by.")
    role: Role
    project_id: Id | None
    label: str
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class KeyCreated(KeyShown):
    key: str | None = Field(description="Shown once; null when an earlier answer is repeated.")
