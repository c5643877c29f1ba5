"""Ends what its coordinator left in doubt, as the log says; run by the clock and by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.store.transactions import branches, coordinator
from core.store.transactions.coordinator import Mark
from core.store.transactions.journal import State
from core.store.transactions.scope import Store
from core.store.transactions.twophase import GivenUpError

log = structlog.get_logger()

_DECIDED: Final = coordinator.COMMITS | {State.ABORTING, State.ROLLED_BACK}


@dataclass(frozen=True, slots=True)
class Resolved:
    """`waiting`: a database of it cannot be reached, or is not declared any more.

    `strays` were prepared after the others had been told already.
    """

    committed: int = 0
    rolled_back: int = 0
    waiting: int = 0
    strays: int = 0


def resolve(log_: Store, declared: Callable[[], Mapping[str, Store]], now: datetime) -> Resolved:
    """Safe at any time and many times at once: whatever it does, the log has decided before.

    The databases are asked for only where there has been a transaction of two phases.
    """
    with log_.transaction() as session:
        if not coordinator.any_known(session):
            return Resolved()
        coordinator.expire(session, GivenUpError())
        rows = coordinator.decided(session)
    databases = declared()
    ended = {State.COMMITTING: 0, State.ABORTING: 0}
    for row_id, key, state, names in rows:
        decided = State(state)
        told = [_tell(databases, key, name, decided) for name in names]
        if all(told):
            with log_.transaction() as session:
                coordinator.finish(session, Mark(row_id, key), decided=decided, now=now)
            ended[decided] += 1
    strays = sum(_strays(log_, name, store) for name, store in databases.items())
    committed, rolled_back = ended[State.COMMITTING], ended[State.ABORTING]
    waiting = len(rows) - committed - rolled_back
    return Resolved(committed, rolled_back, waiting=waiting, strays=strays)


def _tell(databases: Mapping[str, Store], key: str, name: str, decided: State) -> bool:
    store = databases.get(name)
    if store is None:
        log.warning("transaction.pending", database=name, error="it is not declared")
        return False
    try:
        prepared = branches.prepared_name(key, name)
        branches.settle(store, prepared, commit=decided is State.COMMITTING)
    except SQLAlchemyError as error:
        log.warning("transaction.pending", database=name, error=str(error))
        return False
    return True


def _strays(log_: Store, database: str, store: Store) -> int:
    """Parts whose transaction has ended: their coordinator slept through its own deadline.

    What is not in the log belongs to another platform and is left alone.
    """
    try:
        keys = {name: branches.key_of(name) for name in branches.prepared(store)}
        if not keys:
            return 0
        with log_.transaction() as session:
            states = coordinator.states(session, keys.values())
        found = {name: states.get(key) for name, key in keys.items()}
        told = {
            name: state in coordinator.COMMITS for name, state in found.items() if state in _DECIDED
        }
        for name, commit in told.items():
            branches.settle(store, name, commit=commit)
    except SQLAlchemyError as error:
        log.warning("transaction.pending", database=database, error=str(error))
        return 0
    return len(told)
