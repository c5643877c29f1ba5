"""Numbers that are measured now and then, kept by the minute."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import UnprocessableError
from core.model import GaugeMinute

DISK_FREE: Final = "disk_free_ratio"
CERTIFICATE_DAYS: Final = "certificate_days"
# What the series of a gauge are told apart by, besides their project.
LABELS: Final = ("host", "path", "name", "kind", "component", "currency", "subject")
# Series that were written within this time are those that there are.
LATELY: Final = timedelta(minutes=10)


class TooManyGaugesError(UnprocessableError):
    """A project writes more series of gauges than it may."""

    code = "ML-VAL-0075"


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the minute of `at`, else of the present one."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    project_id: int | None = None
    at: datetime | None = None

    @property
    def series(self) -> str:
        told = orjson.dumps([self.project_id, dict(self.labels)], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(told, digest_size=8).hexdigest()


def put(session: Session, readings: Iterable[Reading], *, now: datetime) -> None:
    """Of one minute the latest, the least and the most stay; what is given last is the latest."""
    rows: dict[tuple[str, str, datetime], dict[str, Any]] = {}
    for each in readings:
        minute = (each.at or now).replace(second=0, microsecond=0)
        key = (each.name, each.series, minute)
        known = rows.get(key, {"least": each.value, "most": each.value})
        rows[key] = _row(each, minute) | {
            "least": min(known["least"], each.value),
            "most": max(known["most"], each.value),
        }
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


def within(session: Session, readings: Collection[Reading], *, most: int, now: datetime) -> None:
    """Raises where a project would have more series than that by these."""
    for project_id in {each.project_id for each in readings}:
        mine = GaugeMinute.project_id == project_id
        lately = GaugeMinute.minute > now - LATELY
        statement = select(GaugeMinute.name, GaugeMinute.series).where(mine, lately).distinct()
        known = {(name, series) for name, series in session.execute(statement)}
        wanted = {(each.name, each.series) for each in readings if each.project_id == project_id}
        if wanted - known and len(wanted | known) > most:
            raise TooManyGaugesError(
                f"A project may have {most} series of gauges; {len(known)} were written lately, "
                f"and {len(wanted - known)} new ones are given.",
                project_id=project_id,
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
    }
