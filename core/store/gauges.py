"""Numbers that are measured now and then, kept by the minute."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model import GaugeMinute

DISK_FREE: Final = "disk_free_ratio"


@dataclass(frozen=True, slots=True)
class Reading:
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    project_id: int | None = None

    @property
    def series(self) -> str:
        told = orjson.dumps([self.project_id, dict(self.labels)], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(told, digest_size=8).hexdigest()


def put(session: Session, readings: Iterable[Reading], *, now: datetime) -> None:
    """Of one minute the latest, the least and the most stay."""
    minute = now.replace(second=0, microsecond=0)
    rows = {(each.name, each.series): _row(each, minute) for each in readings}
    if not rows:
        return
    statement = insert(GaugeMinute).values([rows[key] for key in sorted(rows)])
    given = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name", "series", "minute"],
            set_={
                "last": given.last,
                "least": func.least(GaugeMinute.least, given.least),
                "most": func.greatest(GaugeMinute.most, given.most),
            },
        )
    )


def between(
    session: Session, name: str, *, since: datetime, until: datetime
) -> Sequence[GaugeMinute]:
    """Oldest first."""
    chosen = (GaugeMinute.name == name) & (GaugeMinute.minute >= since)
    statement = select(GaugeMinute).where(chosen, GaugeMinute.minute < until)
    return session.scalars(statement.order_by(GaugeMinute.minute, GaugeMinute.series)).all()


def _row(each: Reading, minute: datetime) -> dict[str, Any]:
    return {
        "name": each.name,
        "series": each.series,
        "minute": minute,
        "labels": dict(each.labels),
        "project_id": each.project_id,
        "last": each.value,
        "least": each.value,
        "most": each.value,
    }
