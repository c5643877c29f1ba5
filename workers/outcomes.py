"""How retries, sagas and transactions end, as gauges that one process sets for all."""

from collections import Counter
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from config.telemetry import RETRIES, RETRY_SUCCESS, SAGAS, TRANSACTIONS_IN_DOUBT
from core.model import Saga, Transaction
from core.model.transactions import UNDECIDED
from core.resilience.book import WINDOW
from core.sagas.course import State
from core.store import retries

# Later attempts are counted together: a label has few values.
LAST_ATTEMPT: Final = 10
NOT_WELL: Final = (State.RUNNING, State.COMPENSATING, State.STUCK)


def collect(session: Session, now: datetime) -> None:
    _retries(session, now)
    in_doubt = select(func.count()).select_from(Transaction).where(text(UNDECIDED))
    TRANSACTIONS_IN_DOUBT.set(session.execute(in_doubt).scalar_one())
    statement = select(Saga.state, func.count()).where(Saga.state.in_(NOT_WELL))
    counts = dict(session.execute(statement.group_by(Saga.state)).all())
    for state in NOT_WELL:
        SAGAS.labels(str(state)).set(counts.get(state, 0))


def _retries(session: Session, now: datetime) -> None:
    tried, failed = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for row in retries.summed(session, now - WINDOW):
        place = (row.category, min(row.attempt, LAST_ATTEMPT))
        tried[place] += row.tried
        failed[place] += min(row.failed, row.tried)
    for (category, attempt), count in tried.items():
        lost = failed[category, attempt]
        RETRIES.labels(category, str(attempt), "failed").set(lost)
        RETRIES.labels(category, str(attempt), "succeeded").set(count - lost)
    for category in {category for category, _ in tried}:
        all_ = sum(count for (of, _), count in tried.items() if of == category)
        lost = sum(count for (of, _), count in failed.items() if of == category)
        RETRY_SUCCESS.labels(category).set((all_ - lost) / all_ if all_ else 0)
