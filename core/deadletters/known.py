"""Tasks that workers have announced, and letters that only failed because nobody knew theirs.

After a deploy in the wrong order messages meet workers that do not know their task yet. Once a
worker does, such letters are sent again, each of them once, and only those that anybody may send:
messages that name a row of the ledger, and messages that carry content.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.deadletters import replays
from core.deadletters.content import content
from core.deadletters.letters import LetterFilter
from core.deadletters.orders import Means
from core.deadletters.replays import Pace
from core.deadletters.signatures import Signature
from core.model.deadletters import DeadLetter, KnownTask
from core.model.replays import ReplayRun
from core.store import work

KNOWN_AGAIN: Final = "task_known"
CONTENT: Final = "content"
REASON: Final = "unknown_task"
MOST: Final = 10_000  # letters of one run; the next announcement takes the rest
OURSELVES: Final = Actor("mendline")

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('mendline_known_tasks'))")
_TAKEN: Final = text("""
    SELECT jsonb_array_elements_text(wanted -> 'id')::bigint
    FROM replay_runs WHERE cause = :cause
""")


def announce(session: Session, registered: Iterable[Signature], now: datetime) -> None:
    """A worker of an older version may take back what a newer one said; the newest start wins."""
    rows = [
        {
            "name": each.name,
            "delivery": each.delivery,
            "parameters": each.written(),
            "announced_at": now,
        }
        for each in sorted(registered, key=lambda each: each.name)
    ]
    if not rows:
        return
    statement = insert(KnownTask)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "delivery": statement.excluded.delivery,
                "parameters": statement.excluded.parameters,
                "announced_at": statement.excluded.announced_at,
            },
        ),
        rows,
    )


def waiting(session: Session) -> bool:
    """Whether there is a letter that the announced tasks may be able to take."""
    return session.execute(_known().with_only_columns(DeadLetter.id).limit(1)).first() is not None


def replay_known(session: Session, *, means: Means, now: datetime) -> ReplayRun | None:
    session.execute(_LOCK)
    taken = set(session.execute(_TAKEN, {"cause": KNOWN_AGAIN}).scalars())
    rows = session.execute(_known().order_by(DeadLetter.id)).all()
    ids = [
        letter.id
        for letter, delivery in rows
        if letter.id not in taken and _may(session, letter, delivery)
    ]
    if not ids:
        return None
    wanted = LetterFilter(ids=ids[:MOST])
    return replays.start(
        session, wanted, Pace(), means=means, actor=OURSELVES, now=now, cause=KNOWN_AGAIN
    )


def _known() -> Select[DeadLetter, str]:
    return (
        select(DeadLetter, KnownTask.delivery)
        .join(KnownTask, KnownTask.name == DeadLetter.task)
        .where(DeadLetter.state == "open", DeadLetter.reason == REASON)
    )


def _may(session: Session, letter: DeadLetter, delivery: str) -> bool:
    told = content(letter)
    if told is None:
        return False
    if told.work_id is None:
        return delivery == CONTENT
    row = work.one(session, told.work_id)
    return row is not None and row["task"] == letter.task
