"""Where conditions keep what they learnt of a series: a port, with rows behind it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core.alerts.condition import Labels
from core.store import alert_memories


@dataclass(frozen=True, slots=True)
class Remembered:
    """`state` is known up to `until`; `seen_at` is when the series last had a value."""

    state: Mapping[str, Any]
    until: datetime
    seen_at: datetime


class Memories(Protocol):
    def load(self, session: Session, measure: str) -> Mapping[Labels, Remembered]: ...

    def save(self, session: Session, measure: str, found: Mapping[Labels, Remembered]) -> None: ...


class KeptMemories:
    """For as long as the object lives: a back-test leaves no trace, and begins with none."""

    def __init__(self) -> None:
        self._known: dict[str, dict[Labels, Remembered]] = {}

    def load(self, session: Session, measure: str) -> Mapping[Labels, Remembered]:  # noqa: ARG002
        return dict(self._known.get(measure, {}))

    def save(
        self,
        session: Session,  # noqa: ARG002
        measure: str,
        found: Mapping[Labels, Remembered],
    ) -> None:
        self._known.setdefault(measure, {}).update(found)


class RowMemories:
    """What the processes of a pool share: whoever evaluates next goes on from it."""

    def load(self, session: Session, measure: str) -> Mapping[Labels, Remembered]:
        return {
            tuple((name, value) for name, value in row.series): Remembered(
                row.state, row.until, row.seen_at
            )
            for row in alert_memories.load(session, measure)
        }

    def save(self, session: Session, measure: str, found: Mapping[Labels, Remembered]) -> None:
        rows = [
            alert_memories.Row(labels, each.until, each.seen_at, each.state)
            for labels, each in found.items()
        ]
        alert_memories.save(session, measure, rows)
