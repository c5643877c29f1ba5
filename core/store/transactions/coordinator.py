"""The coordinator's log: one row a transaction in two phases, written by compare-and-set.

What the row says is what happens: nothing is committed anywhere before it says `committing`, and
afterwards nothing is rolled back any more.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, Row, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from core.model.transactions import UNDECIDED, Transaction
from core.store.transactions.journal import Kind, State, told

COMMITS: Final = frozenset({State.COMMITTING, State.COMMITTED})
# Deadlines go by the database's clock, as leases do.
_CLOCK: Final = func.clock_timestamp()
_FINAL: Final = {State.COMMITTING: State.COMMITTED, State.ABORTING: State.ROLLED_BACK}
_SECONDS: Final = func.extract("epoch", bindparam("now") - Transaction.began_at)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a transaction stands in the log; `key` is in the names of its prepared parts."""

    id: int
    key: str


def begin(
    session: Session, name: str, databases: Collection[str], *, patience: float, now: datetime
) -> Mark:
    """Committed before the work begins, so that whatever gets prepared can be found again."""
    row = Transaction(
        name=name,
        kind=Kind.TWO_PHASE,
        state=State.PREPARING,
        key=secrets.token_hex(16),
        databases=list(databases),
        began_at=now,
        expires_at=_CLOCK + func.make_interval(0, 0, 0, 0, 0, 0, patience),
    )
    session.add(row)
    session.flush()
    assert row.key is not None
    return Mark(row.id, row.key)


def decide(session: Session, mark: Mark) -> bool:
    """The moment of truth: with this commit it is done. False where it was given up meanwhile."""
    return _step(session, mark, {"state": State.COMMITTING}, before=State.PREPARING)


def give_up(session: Session, mark: Mark, error: BaseException | None) -> bool:
    values = {"state": State.ABORTING, **told(error)}
    return _step(session, mark, values, before=State.PREPARING)


def finish(session: Session, mark: Mark, *, decided: State, now: datetime) -> bool:
    """Once no database has anything prepared of it."""
    values = {"state": _FINAL[decided], "ended_at": now, "seconds": _SECONDS}
    return _step(session, mark, values, before=decided, now=now)


def expire(session: Session, error: BaseException) -> int:
    """Gives up all that should have been decided by now."""
    late = (Transaction.state == State.PREPARING, Transaction.expires_at < _CLOCK)
    statement = update(Transaction).where(text(UNDECIDED), *late)
    result = session.execute(statement.values(state=State.ABORTING, **told(error)))
    assert isinstance(result, CursorResult)
    return result.rowcount


def decided(session: Session) -> Sequence[Row[int, str, str, list[str]]]:
    """What still has to be told to databases."""
    statement = select(
        Transaction.id, Transaction.key, Transaction.state, Transaction.databases
    ).where(text(UNDECIDED), Transaction.state != State.PREPARING)
    return session.execute(statement.order_by(Transaction.id)).all()  # type: ignore[return-value]


def any_known(session: Session) -> bool:
    """Whether there has been one lately; without one no database needs to be asked."""
    statement = select(Transaction.id).where(Transaction.key.is_not(None)).limit(1)
    return session.execute(statement).first() is not None


def states(session: Session, keys: Collection[str]) -> Mapping[str, str]:
    statement = select(Transaction.key, Transaction.state).where(Transaction.key.in_(keys))
    return {key: state for key, state in session.execute(statement) if key is not None}


def _step(
    session: Session, mark: Mark, values: Mapping[str, Any], *, before: State, **more: Any
) -> bool:
    mine = (Transaction.id == mark.id, Transaction.state == before)
    result = session.execute(update(Transaction).where(*mine).values(**values), more)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
