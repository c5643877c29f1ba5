"""One transaction over several PostgreSQL databases: everywhere or nowhere.

1. A row in the coordinator's log says that it has begun, and until when it may take.
2. The work is done in all databases, and each is told to prepare it.
3. The row says that it is decided. 4. Each database is told to commit. 5. The row says that it is
done. Whoever dies in between leaves it to the resolver, which does what the row says.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import Clock
from core.errors import ConfigurationError, DatabaseConflictError, DependencyError
from core.store.transactions import coordinator
from core.store.transactions.branches import Branch, checked_name, require_prepared
from core.store.transactions.coordinator import Mark
from core.store.transactions.hooks import Ending
from core.store.transactions.journal import State
from core.store.transactions.scope import Store

log = structlog.get_logger()

T = TypeVar("T")
PATIENCE: Final = 60.0


class UnknownDatabaseError(ConfigurationError):
    """A database is not declared."""

    code = "ML-CONF-0003"


class GivenUpError(DatabaseConflictError):
    """The transaction took longer than it may, and was rolled back everywhere."""

    code = "ML-DB-0017"


class InDoubtError(DependencyError):
    """The coordinator's log was lost while the transaction was decided; it will do as that says."""

    code = "ML-DB-0018"


@dataclass(frozen=True, slots=True)
class Settled(Generic[T]):
    """A transaction that is decided. Databases in `pending` could not be told yet; they will."""

    id: int
    value: T
    pending: tuple[str, ...] = ()


class TwoPhase:
    """Begins transactions over the `databases` that it knows by name; `log` has the rows."""

    def __init__(self, log: Store, databases: Mapping[str, Store], clock: Clock) -> None:
        self.log = log
        self.clock = clock
        self._databases = {checked_name(name): store for name, store in databases.items()}
        self._checked: set[str] = set()

    def run(
        self,
        name: str,
        body: Callable[[Mapping[str, Session]], T],
        *,
        databases: Sequence[str],
        patience: float = PATIENCE,
    ) -> Settled[T]:
        """`body` gets a session of each database by its name. Locks are held in all of them until
        the end, so whatever takes longer than `patience` seconds is given up.
        """
        stores = {each: self._store(each) for each in databases}
        now = self.clock.now()
        with self.log.transaction() as session:
            mark = coordinator.begin(session, name, tuple(stores), patience=patience, now=now)
        with _Parts(self, mark, stores) as parts:
            value = body({each.database: each.session for each in parts.branches})
            parts.decide()
        return Settled(mark.id, value, tuple(parts.pending))

    def _store(self, database: str) -> Store:
        if database not in self._databases:
            known = ", ".join(sorted(self._databases)) or "none"
            raise UnknownDatabaseError(f"The database {database} is not declared; known: {known}.")
        store = self._databases[database]
        if database not in self._checked:
            require_prepared(store, database)
            self._checked.add(database)
        return store


class _Parts:
    """The open parts of one transaction; leaving tells all of them the same."""

    def __init__(self, owner: TwoPhase, mark: Mark, stores: Mapping[str, Store]) -> None:
        self.branches: list[Branch] = []
        self.pending: list[str] = []
        self._asked = False
        self._owner = owner
        self._mark = mark
        self._stores = stores

    def decide(self) -> None:
        for branch in self.branches:
            branch.prepare()
        self._asked = True
        try:
            with self._owner.log.transaction() as session:
                decided = coordinator.decide(session, self._mark)
        except SQLAlchemyError as error:
            raise InDoubtError(transaction_id=self._mark.id) from error
        if not decided:
            raise GivenUpError(transaction_id=self._mark.id)

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.push(self.__exit__)
            for database, store in self._stores.items():
                self.branches.append(Branch(store, database=database, key=self._mark.key))
            opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as closing:
            for branch in self.branches:
                closing.callback(branch.close)
        if isinstance(error, InDoubtError):
            self._end(Ending.UNKNOWN)
        elif error is None:
            self._settle(State.COMMITTING)
            self._end(Ending.COMMITTED)
        else:
            self._end(self._give_up(error))

    def _give_up(self, error: BaseException) -> Ending:
        """Unless it is decided: the time of a task may be over right after the log has said so."""
        try:
            with self._owner.log.transaction() as session:
                coordinator.give_up(session, self._mark, error)
                state = coordinator.states(session, [self._mark.key]).get(self._mark.key)
        except SQLAlchemyError as unwritten:
            # Where it is not decided it is given up all the same, when its patience has ended.
            log.warning("transaction.unlogged", name=self._mark.key, error=str(unwritten))
            return Ending.UNKNOWN if self._asked else Ending.ROLLED_BACK
        committed = state in coordinator.COMMITS
        self._settle(State.COMMITTING if committed else State.ABORTING)
        return Ending.COMMITTED if committed else Ending.ROLLED_BACK

    def _settle(self, decided: State) -> None:
        self.pending = [each.database for each in self.branches if not self._told(each, decided)]
        if self.pending:
            return
        now = self._owner.clock.now()
        try:
            with self._owner.log.transaction() as session:
                coordinator.finish(session, self._mark, decided=decided, now=now)
        except SQLAlchemyError as unwritten:
            log.warning("transaction.unlogged", name=self._mark.key, error=str(unwritten))

    def _told(self, branch: Branch, decided: State) -> bool:
        if not branch.asked:
            return True
        try:
            branch.settle(commit=decided is State.COMMITTING)
        except SQLAlchemyError as error:
            log.warning("transaction.pending", database=branch.database, error=str(error))
            return False
        return True

    def _end(self, ending: Ending) -> None:
        with ExitStack() as ends:
            for branch in reversed(self.branches):
                ends.callback(branch.end, ending)
