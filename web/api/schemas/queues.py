"""Queues."""

from pydantic import Field

from web.api.schemas.shape import Shown


class QueueShown(Shown):
    name: str
    depth: int = Field(description="All that waits: `messages` and `rows`.")
    messages: int = Field(description="At the broker.")
    rows: int = Field(description="Due in the work ledger; for `analysis` also in the inbox.")
    oldest_seconds: float | None = Field(description="Since when the oldest waits; null: none.")
