"""Projects and the keys of their DSNs."""

from pydantic import Field

from web.api.schemas.shape import Id, Moment, Shown, Written


class ProjectCreate(Written):
    name: str = Field(min_length=1, max_length=100)


class ProjectShown(Shown):
    id: Id
    name: str
    dsn: str | None = Field(description="Where clients send to; null when all keys are revoked.")
    created_at: Moment


class KeyRotation(Written):
    keep_old: bool = Field(
        default=False, description="The old keys stay valid, so that clients have time to change."
    )


class ProjectKeyShown(Shown):
    id: Id
    public_key: str
    dsn: str
    created_at: Moment
    revoked_at: Moment | None
