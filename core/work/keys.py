"""At most so many of a key run at once, without a row that all of them would wait for.

The dispatcher alone lets rows of a key out, holding the key's advisory lock while it counts what
is out and running. What is beyond the limit is parked, out of the dispatcher's way; whoever ends
an attempt lets the next one back. What got stuck between the two the reconciler frees.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store.bands import CRITICAL, ENDS
from core.store.paging import AnyRow
from core.store.work import wake_dispatcher
from core.work.aging import LEVEL
from core.work.picking import Candidate

# Rows that one round of the dispatcher parks, so that others need not wait for it.
PARKED_A_ROUND: Final = 2_000
KEYS_A_SWEEP: Final = 500
MOST: Final = 2**31 - 1
# The first half of our advisory locks; the second is the key's hash.
LOCKS: Final = 0x4D4C

_TRY: Final = text("""
    SELECT key FROM unnest(CAST(:keys AS text[])) AS key
    WHERE pg_try_advisory_xact_lock(:locks, hashtext(key))""")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:locks, hashtext(:key))")
_BUSY: Final = text("""
    SELECT concurrency_key, count(*) FROM work_items
    WHERE concurrency_key = ANY (:keys) AND NOT parked AND state IN ('published', 'running')
    GROUP BY concurrency_key""")
_PARK: Final = text("""
    UPDATE work_items SET parked = true
    WHERE id IN (
        SELECT id FROM work_items
        WHERE concurrency_key = ANY (:keys) AND state = 'waiting' AND NOT parked
          AND due_at <= :now
        LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id""")
# Who takes such a row back has it already and wants the key after it: nobody waits for that one,
# it lets the next one go itself.
_BACK: Final = text("""
    UPDATE work_items SET parked = false
    WHERE id IN (
        SELECT id FROM work_items
        WHERE parked AND id IN (
            SELECT head.id
            FROM generate_series(0, 9) AS level (priority)
            CROSS JOIN LATERAL (
                SELECT id, due_at FROM work_items AS item
                WHERE item.concurrency_key = :key AND item.state = 'waiting' AND item.parked
                  AND item.priority = level.priority
                ORDER BY due_at LIMIT :rows) AS head
            ORDER BY level.priority > :critical, head.due_at + level.priority * :level
            LIMIT :rows)
        FOR UPDATE SKIP LOCKED)
    RETURNING id""")
# From key to key: the cost is the number of keys looked at, not of the rows behind them.
_PARKED: Final = text("""
    WITH RECURSIVE key (name, number) AS (
        (SELECT concurrency_key, 1 FROM work_items
         WHERE state = 'waiting' AND parked AND concurrency_key > :after
         ORDER BY concurrency_key LIMIT 1)
        UNION ALL
        SELECT next.concurrency_key, key.number + 1
        FROM key CROSS JOIN LATERAL (
            SELECT concurrency_key FROM work_items
            WHERE state = 'waiting' AND parked AND concurrency_key > key.name
            ORDER BY concurrency_key LIMIT 1) AS next
        WHERE key.number < :limit)
    SELECT key.name, head.concurrency_limit
    FROM key CROSS JOIN LATERAL (
        SELECT concurrency_limit FROM work_items AS item
        WHERE item.concurrency_key = key.name AND item.state = 'waiting' AND item.parked
        LIMIT 1) AS head
    ORDER BY key.name""")
_DUE: Final = text("""
    SELECT concurrency_key, count(*) FROM work_items
    WHERE concurrency_key = ANY (:keys) AND NOT parked
      AND (state IN ('published', 'running') OR (state = 'waiting' AND due_at <= :now))
    GROUP BY concurrency_key""")


def rooms(session: Session, candidates: Iterable[Candidate]) -> Mapping[str, int]:
    """What is left of each candidate's key; keys that somebody else holds just now are missing."""
    limits: dict[str, int] = {}
    for each in candidates:
        if each.key is not None:
            limits[each.key] = min(each.limit or 1, limits.get(each.key, MOST))
    if not limits:
        return {}
    held = _locked(session, limits)
    busy = _numbers(session.execute(_BUSY, {"keys": held}))
    return {key: limits[key] - busy.get(key, 0) for key in held}


def park(session: Session, keys: Iterable[str], now: datetime) -> int:
    """Takes due rows of full keys out of the dispatcher's way; the caller has the keys' locks."""
    values: dict[str, Any] = {"keys": sorted(keys), "now": now, "limit": PARKED_A_ROUND}
    return len(session.execute(_PARK, values).all()) if values["keys"] else 0


def free(session: Session, key: str | None) -> None:
    """In the transaction that ends an attempt: the next row of its key may go."""
    if key is None:
        return
    session.execute(_LOCK, {"locks": LOCKS, "key": key})
    if _let_back(session, key, 1):
        wake_dispatcher(session)


def sweep(session: Session, now: datetime, *, after: str = "") -> str:
    """Lets back what is parked for nothing; the key to go on after, empty at the end."""
    values = {"after": after, "limit": KEYS_A_SWEEP}
    limits = _numbers(session.execute(_PARKED, values))
    held = _locked(session, limits)
    busy = _numbers(session.execute(_DUE, {"keys": held, "now": now}))
    stuck = {key: limits[key] - busy.get(key, 0) for key in held}
    freed = [_let_back(session, key, room) for key, room in stuck.items() if room > 0]
    if any(freed):
        wake_dispatcher(session)
    return max(limits) if len(limits) == KEYS_A_SWEEP else ""


def _numbers(rows: Iterable[AnyRow]) -> dict[str, int]:
    return {key: number for key, number in rows}  # noqa: C416 (rows are no plain pairs)


def _locked(session: Session, keys: Iterable[str]) -> list[str]:
    if not (wanted := sorted(keys)):
        return []
    return list(session.execute(_TRY, {"keys": wanted, "locks": LOCKS}).scalars())


def _let_back(session: Session, key: str, count: int) -> int:
    values = {"key": key, "rows": count, "critical": ENDS[CRITICAL], "level": LEVEL}
    return len(session.execute(_BACK, values).all())
