"""Signals."""

from typing import Any

from web.api.schemas.shape import Id, Moment, Shown


class SignalShown(Shown):
    id: Id
    project_id: Id
    issue_id: Id | None
    kind: str
    detail: dict[str, Any]
    at: Moment
    processed_at: Moment | None
