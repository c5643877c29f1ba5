"""From rows that are due to messages: exact order is decided here, the broker's is a hint.

A round looks at the lanes with anything waiting in them, reads the heads of those that have room
at the broker, and lets `core.work.picking` choose. What cannot go (a held target, a full window, a
full key) is not read, so its number does not matter.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.context import FIELDS
from core.errors import BrokerUnavailableError
from core.store.bands import CRITICAL, ENDS, is_held
from core.store.engine import Database
from core.store.lanes import LANES
from core.store.paging import AnyRow
from core.work import keys
from core.work.picking import Candidate, Lane, Out, Picked, Placed, heads, pick
from core.work.sender import TaskSender, WorkMessage

log = structlog.get_logger()

BATCH: Final = 50

_HELD: Final = text("SELECT DISTINCT target FROM work_holds WHERE until > :now")
_OUT: Final = text("""
    SELECT queue, band, priority > :critical AND band = 0, count(*) FROM work_items
    WHERE state = 'published' GROUP BY 1, 2, 3""")
_LIFTED: Final = text("""
    SELECT DISTINCT queue FROM work_items
    WHERE state = 'running' AND band = 0 AND priority > :critical""")
_LANES: Final = text(f"{LANES} SELECT queue, priority, target FROM lane")  # noqa: S608  # of constants only
_HEADS: Final = text("""
    SELECT head.id, lane.queue, lane.priority, head.due_at,
           head.concurrency_key, head.concurrency_limit
    FROM unnest(CAST(:queues AS text[]), CAST(:priorities AS smallint[]),
                CAST(:targets AS text[]), CAST(:rooms AS integer[]))
         AS lane (queue, priority, target, room)
    CROSS JOIN LATERAL (
        SELECT id, due_at, concurrency_key, concurrency_limit FROM work_items AS item
        WHERE item.state = 'waiting' AND NOT item.parked AND item.queue = lane.queue
          AND item.priority = lane.priority AND coalesce(item.target, '') = lane.target
          AND item.due_at <= :now
        ORDER BY item.due_at, item.id LIMIT lane.room) AS head""")
_PUBLISH: Final = text("""
    UPDATE work_items AS item
    SET state = 'published', published_at = :now, band = placed.band
    FROM unnest(CAST(:ids AS bigint[]), CAST(:bands AS smallint[])) AS placed (id, band)
    WHERE item.id = placed.id AND item.id IN (
        SELECT id FROM work_items WHERE id = ANY (:ids) AND state = :state AND NOT parked
        FOR UPDATE SKIP LOCKED)
    RETURNING item.id, item.task, item.queue, item.attempt, item.context""")
_TAKE_BACK: Final = text(
    "UPDATE work_items SET state = 'waiting' WHERE id = ANY (:ids) AND state = 'published'"
)


@dataclass(frozen=True, slots=True)
class Round:
    """`more`: the next round would send more. `blocked`: due rows wait for room."""

    sent: int = 0
    more: bool = False
    blocked: bool = False


def message_id(work_id: int, *, attempt: int) -> str:
    """The id of the message that asks for the attempt after `attempt` starts."""
    return f"work-{work_id}-{attempt + 1}"


def dispatch_due(database: Database, sender: TaskSender, now: datetime, *, limit: int) -> Round:
    """Claims and commits first, then sends: a crash between the two is the reconciler's."""
    with database.transaction() as session:
        picked = _pick(session, now, limit)
        claimed = publish(session, picked.placed, now, state="waiting")
        parked = keys.park(session, picked.full_keys, now)
    sent = send_all(database, sender, claimed)
    more = len(picked.placed) == limit or parked > 0
    return Round(sent, more=more and sent == len(claimed), blocked=picked.blocked)


def publish(
    session: Session, placed: Sequence[Placed], now: datetime, *, state: str
) -> list[WorkMessage]:
    """In the order of `placed`, without what somebody else has taken meanwhile."""
    if not placed:
        return []
    values = {
        "ids": [each.work_id for each in placed],
        "bands": [each.band for each in placed],
        "now": now,
        "state": state,
    }
    rows = {row.id: row for row in session.execute(_PUBLISH, values)}
    return [_message(rows[each.work_id], each) for each in placed if each.work_id in rows]


def send_all(database: Database, sender: TaskSender, claimed: Sequence[WorkMessage]) -> int:
    """Sends in order; what the broker did not take goes back to waiting.

    Of a batch that failed some may be on their way: they find rows that do not start.
    """
    for sent in range(0, len(claimed), BATCH):
        try:
            sender.send_many(claimed[sent : sent + BATCH])
        except BrokerUnavailableError as error:
            unsent = [each.work_id for each in claimed[sent:]]
            log.warning("work.publish_failed", rows=len(unsent), error=str(error))
            take_back(database, unsent)
            return sent
    if claimed:
        by_queue = Counter(message.queue for message in claimed)
        log.debug("work.dispatched", **by_queue)
    return len(claimed)


def take_back(database: Database, work_ids: Sequence[int]) -> None:
    with database.transaction() as session:
        session.execute(_TAKE_BACK, {"ids": list(work_ids)})


def _pick(session: Session, now: datetime, limit: int) -> Picked:
    held = set(session.execute(_HELD, {"now": now}).scalars())
    lanes = [Lane(*row) for row in session.execute(_LANES)]
    out = _out(session) if lanes else Out()
    free = [lane for lane in lanes if not is_held(lane.priority, lane.target, held)]
    rooms = heads(free, out, limit=limit)
    candidates = _candidates(session, rooms, now)
    key_rooms = keys.rooms(session, candidates)
    return pick(candidates, out, key_rooms=key_rooms, now=now, limit=limit)


def _out(session: Session) -> Out:
    critical = {"critical": ENDS[CRITICAL]}
    messages = Counter[tuple[str, int]]()
    lifted = set(session.execute(_LIFTED, critical).scalars())
    for queue, band, is_lifted, count in session.execute(_OUT, critical):
        messages[queue, band or CRITICAL] += count
        if is_lifted:
            lifted.add(queue)
    return Out(messages, frozenset(lifted))


def _candidates(session: Session, rooms: dict[Lane, int], now: datetime) -> list[Candidate]:
    if not rooms:
        return []
    values = {
        "queues": [lane.queue for lane in rooms],
        "priorities": [lane.priority for lane in rooms],
        "targets": [lane.target for lane in rooms],
        "rooms": list(rooms.values()),
        "now": now,
    }
    return [Candidate(*row) for row in session.execute(_HEADS, values)]


def _message(row: AnyRow, placed: Placed) -> WorkMessage:
    return WorkMessage(
        work_id=row.id,
        task=row.task,
        queue=row.queue,
        priority=placed.priority,
        message_id=message_id(row.id, attempt=row.attempt),
        context={name: value for name, value in row.context.items() if name in FIELDS},
    )
