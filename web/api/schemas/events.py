"""Stored events."""

from typing import Any

from pydantic import Field

from web.api.schemas.recoveries import RecoveryShown
from web.api.schemas.shape import HexId, Id, Moment, Shown


class EventSummary(Shown):
    """A row in the list of an issue's events."""

    event_id: HexId
    project_id: Id
    issue_id: Id
    level: str
    category: str
    family: str | None
    kind: str | None = Field(description="What went wrong inside of the family.")
    code: str | None = Field(description="Names family and kind: `DB-DEADLOCK`.")
    transient: bool
    severity: str
    component: str | None
    release: str | None
    environment: str | None
    received_at: Moment
    timestamp: Moment
    thinned: bool = Field(description="The issue was flooding: counted, but without payload.")


class EventShown(EventSummary):
    issue_key: str
    title: str
    culprit: str
    http_status: int | None = Field(None, description="The HTTP status to answer with.")
    context: dict[str, str] = Field(default={}, description="What the family read out of it.")
    proposal: dict[str, Any] | None = Field(None, description="What the family proposes to do.")
    payload: dict[str, Any] | None
    analysis: dict[str, Any] | None = Field(description="Why it was grouped and classified so.")
    recovery: list[RecoveryShown] = Field(description="Of its issue, newest first.")
