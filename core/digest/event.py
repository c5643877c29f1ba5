"""What the pure part of the digest makes of one inbox row."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from core.analysis.result import Analysis


class Key(NamedTuple):
    """What leads to an issue. Sorted by it, rows are written in one order by everybody."""

    project_id: int
    issue_key: str


@dataclass(frozen=True, slots=True)
class Digested:
    """An event that is understood; `document` is the JSON that becomes its payload.

    `user` and `trace` are whom it met, as the client named them; they are stored as hashes only.
    `replayable`: it says how the work that failed can be run again.
    """

    row_id: int
    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    timestamp: datetime
    level: str
    component: str | None
    release: str | None
    environment: str | None
    analysis: Analysis
    document: bytes
    user: str | None = None
    trace: str | None = None
    replayable: bool = False

    @property
    def key(self) -> Key:
        return Key(self.project_id, self.analysis.grouping.issue_key)


def minute(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.second, microseconds=moment.microsecond)
