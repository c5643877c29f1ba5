"""Projects and the keys of their DSNs."""

from pydantic import Field

from web.api.schemas.shape import Id, Moment, Shown, Written


class ProjectCreate(Written):
    name: str = Field(min_length=1, max_length=100)


class ProjectChange(Written):
    """Fields that are not named stay as they are; null goes back to what holds for all."""

    retention_bytes: int | None = Field(
        default=None,
        ge=2**20,
        le=2**53,
        description="Bytes that its events may take; the least valuable of the oldest go first.",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days that its events are kept, where that is shorter than for all.",
    )


class ProjectShown(Shown):
    id: Id
    name: str
    dsn: str | None = Field(description="Where clients send to; null when all keys are revoked.")
    created_at: Moment
    retention_bytes: int | None = Field(None, description="Null: what is set for all projects.")
    retention_days: int | None = Field(None, description="Null: what is set for all projects.")


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
