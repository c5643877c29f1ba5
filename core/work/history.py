"""What happened to a piece of work, in few words and bounded in number."""

from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Text, bindparam, case, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from core.errors import ErrorReport
from core.model.work import WorkItem
from core.store.storable import storable
from core.work.attempt import Started

ENTRIES: Final = 20
MESSAGE_LIMIT: Final = 500


def appended() -> ColumnElement[Any]:
    """The row's history with the parameter `entry` added; the oldest goes when it is full."""
    kept = case(
        (func.jsonb_array_length(WorkItem.history) >= ENTRIES, WorkItem.history.op("-")(0)),
        else_=WorkItem.history,
    )
    return kept.op("||")(cast(bindparam("entry", type_=Text), JSONB))


def failed(
    report: ErrorReport, started: Started, at: datetime, *, delay: float | None = None
) -> str:
    return _entry(
        at,
        event="failed",
        attempt=started.attempt,
        worker=started.worker,
        code=report.code,
        category=str(report.category),
        type=report.type,
        message=report.message[:MESSAGE_LIMIT],
        delay=delay,
    )


def lost(reason: str, at: datetime) -> str:
    return _entry(at, event="lost", reason=reason)


def cancelled(reason: str, at: datetime) -> str:
    return _entry(at, event="cancelled", reason=reason)


def _entry(at: datetime, **facts: Any) -> str:
    known = {name: value for name, value in facts.items() if value is not None}
    # What failed may have been told by strangers: jsonb takes less than they say.
    entry = storable({"at": at.isoformat(timespec="milliseconds"), **known})
    return orjson.dumps(entry).decode()
