"""How attempts went, by the hour: added up from reports and from the ledger, read as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model.transactions import RetryRate

TASK: Final = "task:"
MOST_ATTEMPTS: Final = 100
# Younger ends may not be committed yet.
SETTLE: Final = timedelta(seconds=5)
# Where the ledger has never been read, or not for long.
LOOK_BACK: Final = timedelta(hours=1)


class Slot(NamedTuple):
    category: str
    component: str
    attempt: int
    hour: datetime


@dataclass(frozen=True, slots=True)
class Count:
    slot: Slot
    tried: int
    failed: int


class Sum(NamedTuple):
    category: str
    component: str
    attempt: int
    tried: int
    failed: int


@dataclass(frozen=True, slots=True)
class Measured:
    """`rates`: rows that were added to."""

    rates: int


_ADD: Final = insert(RetryRate)
_ADD_UP: Final = _ADD.on_conflict_do_update(
    index_elements=["category", "component", "attempt", "hour"],
    set_={
        "tried": RetryRate.tried + _ADD.excluded.tried,
        "failed": RetryRate.failed + _ADD.excluded.failed,
    },
)
# The mark is locked until the commit, so that nothing is counted twice.
_MARK: Final = text("""
    INSERT INTO retry_marks AS mark (source, until) VALUES ('ledger', :floor)
    ON CONFLICT (source) DO UPDATE SET until = greatest(mark.until, excluded.until)
    RETURNING until""")
_MOVE: Final = text("UPDATE retry_marks SET until = :until WHERE source = 'ledger'")
# An attempt follows each failure but the last; it succeeded if it is the one that ended the row.
_LEDGER: Final = text("""
    INSERT INTO retry_rates AS kept (category, component, attempt, hour, tried, failed)
    SELECT entry ->> 'category', :task || item.task, (entry ->> 'attempt')::int + 1,
        date_trunc('hour', item.finished_at, 'UTC'), count(*),
        count(*) FILTER (WHERE NOT (
            item.state = 'done' AND item.attempt = (entry ->> 'attempt')::int + 1))
    FROM work_items AS item, jsonb_array_elements(item.history) AS entry
    WHERE item.finished_at > :since AND item.finished_at <= :until AND item.attempt > 1
        AND item.state IN ('done', 'dead')
        AND entry ->> 'event' = 'failed' AND entry ->> 'category' IS NOT NULL
        AND (entry ->> 'attempt')::int BETWEEN 1 AND least(item.attempt - 1, :most)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (category, component, attempt, hour) DO UPDATE SET
        tried = kept.tried + excluded.tried, failed = kept.failed + excluded.failed
    RETURNING 1""")


def add(session: Session, counts: Iterable[Count]) -> None:
    """In the order of the key, so that two of them cannot wait for each other."""
    rows = [
        {**count.slot._asdict(), "tried": count.tried, "failed": count.failed}
        for count in sorted(counts, key=lambda count: count.slot)
    ]
    if rows:
        session.execute(_ADD_UP, rows)


def measure(session: Session, now: datetime) -> Measured:
    """What ended in the ledger since the last time, each row once."""
    until = now - SETTLE
    since = session.execute(_MARK, {"floor": until - LOOK_BACK}).scalar_one()
    values = {"task": TASK, "since": since, "until": until, "most": MOST_ATTEMPTS}
    found = session.execute(_LEDGER, values).all() if since < until else ()
    session.execute(_MOVE, {"until": max(since, until)})
    return Measured(len(found))


def summed(session: Session, since: datetime) -> list[Sum]:
    """Since that hour, in the order of the key."""
    tried, failed = func.sum(RetryRate.tried), func.sum(RetryRate.failed)
    key = (RetryRate.category, RetryRate.component, RetryRate.attempt)
    statement = select(*key, tried, failed).where(RetryRate.hour >= since)
    rows = session.execute(statement.group_by(*key).order_by(*key))
    return [
        Sum(category, component, attempt, int(tries), int(failures))
        for category, component, attempt, tries, failures in rows
    ]
