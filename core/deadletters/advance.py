"""One step of a replay run.

1. What became of the letters that are under way?
2. Too many failed again: the run ends, and what has not started is taken back.
3. The first batch is waited for; later ones while a whole batch is under way. So a hold on the
   target, which keeps their work waiting, keeps the run waiting too.
4. The next batch is sent, spread in time by the rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.deadletters import replays
from core.deadletters.closing import replay
from core.deadletters.edits import LetterClosedError
from core.deadletters.groups import assign
from core.deadletters.letters import LetterFilter, LetterNotFoundError
from core.deadletters.orders import REPLAY_TASK, Means
from core.errors import UnprocessableError
from core.model.deadletters import DeadLetter
from core.model.replays import ReplayItem, ReplayRun
from core.store.engine import savepoint

OURSELVES: Final = Actor("mendline")
# Another application's failure is told by a letter; until then its silence says nothing.
TELLING: Final = timedelta(seconds=10)
SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(minutes=1)

_OUTCOMES: Final = text("""
    SELECT item.letter_id,
        EXISTS (
            SELECT FROM dead_letters AS again
            WHERE again.replay_of = item.letter_id AND again.created_at >= letter.closed_at
        ) OR work.state = 'dead' AS failed,
        EXISTS (
            SELECT FROM jsonb_array_elements(work.history) AS entry
            WHERE entry ->> 'event' = 'failed'
              AND (entry ->> 'at')::timestamptz >= letter.closed_at
        ) AS failing,
        work.state = 'cancelled' AS cancelled,
        work.id IS NULL OR work.state = 'done' AND (
            work.task <> :foreign OR work.finished_at <= :told_before
        ) AS succeeded
    FROM replay_items AS item
    JOIN dead_letters AS letter ON letter.id = item.letter_id
    LEFT JOIN work_items AS work ON work.id = item.work_id
    WHERE item.run_id = :run AND item.state = 'sent'
""")
_SETTLE: Final = text("""
    UPDATE replay_items SET state = :state
    WHERE run_id = :run AND state = 'sent' AND letter_id = ANY (:letters)
""")


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a step did; `under_way` are letters whose end is not known yet."""

    state: str
    sent: int = 0
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class UnderWay:
    """`failing` have failed once and are tried again."""

    letters: int
    failing: int


def advance(session: Session, run_id: int, step: int, *, means: Means, now: datetime) -> Advanced:
    """A step that was done, or is not the next one, does nothing."""
    run = replays.get(session, run_id, lock=True)
    if run.step != step:
        return Advanced(run.state)
    run.step += 1
    under_way, sent = _settle(session, run, now), 0
    if run.state == "running" and _fails_again(run, under_way):
        share = f"{run.failed + under_way.failing} of {run.sent} failed again"
        replays.end(session, run, "failed", means=means, actor=OURSELVES, now=now, reason=share)
    elif run.state == "running" and not _waits(run, under_way):
        sent = _send(session, run, means=means, now=now)
        if not sent and not under_way.letters:
            replays.end(session, run, "done", means=means, actor=OURSELVES, now=now)
    left = under_way.letters + sent
    if run.state == "running" or left:
        replays.go_on(session, run, means=means, due=now + _pause(run, sent, now=now))
    return Advanced(run.state, sent, left)


def _fails_again(run: ReplayRun, under_way: UnderWay) -> bool:
    """Measured against the first batch at least: one early failure is not yet a share."""
    failed = run.failed + under_way.failing
    measured = max(run.succeeded + failed, min(run.batch, run.sent))
    return failed > run.failure_share * measured


def _waits(run: ReplayRun, under_way: UnderWay) -> bool:
    first = 0 < run.sent <= run.batch
    return under_way.letters >= (1 if first else run.batch)


def _pause(run: ReplayRun, sent: int, *, now: datetime) -> timedelta:
    """As long as the rate gives the batch; with nothing sent, longer the longer it takes."""
    if sent:
        return timedelta(seconds=sent / run.rate)
    since = now - (run.sent_at or now)
    return min(max(since / 4, SHORTEST_WAIT), LONGEST_WAIT)


def _settle(session: Session, run: ReplayRun, now: datetime) -> UnderWay:
    values = {"run": run.id, "foreign": REPLAY_TASK, "told_before": now - TELLING}
    rows = session.execute(_OUTCOMES, values).all()
    failed = [row.letter_id for row in rows if row.failed]
    cancelled = [row.letter_id for row in rows if row.cancelled and not row.failed]
    succeeded = [
        row.letter_id for row in rows if row.succeeded and not (row.failed or row.cancelled)
    ]
    for state, found in (("failed", failed), ("recalled", cancelled), ("succeeded", succeeded)):
        if found:
            session.execute(_SETTLE, {"run": run.id, "state": state, "letters": found})
    run.failed += len(failed)
    run.recalled += len(cancelled)
    run.succeeded += len(succeeded)
    settled = {*failed, *cancelled, *succeeded}
    open_ = [row for row in rows if row.letter_id not in settled]
    return UnderWay(len(open_), sum(row.failing for row in open_))


def _send(session: Session, run: ReplayRun, *, means: Means, now: datetime) -> int:
    """One batch; goes on with the next letters until something could be sent or none is left."""
    while batch := _next(session, run):
        sent = sum(
            _sent(session, run, letter_id, means=means, now=now, place=place)
            for place, letter_id in enumerate(batch)
        )
        run.last_id = batch[-1]
        run.sent += sent
        run.refused += len(batch) - sent
        if sent:
            run.sent_at = now
            return sent
    return 0


def _next(session: Session, run: ReplayRun) -> Sequence[int]:
    assign(session)
    statement = (
        select(DeadLetter.id)
        .where(
            *LetterFilter.read(run.wanted).conditions(),
            DeadLetter.id > run.last_id,
            DeadLetter.id <= run.until_id,
        )
        .order_by(DeadLetter.id)
        .limit(run.batch)
    )
    return session.scalars(statement).all()


def _sent(
    session: Session, run: ReplayRun, letter_id: int, *, means: Means, now: datetime, place: int
) -> bool:
    item: dict[str, Any] = {"run_id": run.id, "letter_id": letter_id}
    after = timedelta(seconds=place / run.rate)
    actor = Actor(f"{run.author} (replay {run.id})")
    try:
        with savepoint(session):
            work_id = replay(session, letter_id, means=means, actor=actor, now=now, after=after)
    except (LetterClosedError, LetterNotFoundError, UnprocessableError) as error:
        session.add(ReplayItem(**item, state="refused", detail=str(error)))
        return False
    session.add(ReplayItem(**item, work_id=work_id, state="sent"))
    return True
