"""One transaction from its beginning to its end, with what was asked of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.store.transactions import hooks
from core.store.transactions.hooks import Ending


class Isolation(StrEnum):
    READ_COMMITTED = "READ COMMITTED"
    REPEATABLE_READ = "REPEATABLE READ"
    SERIALIZABLE = "SERIALIZABLE"


@dataclass(frozen=True, slots=True)
class Mode:
    """How a transaction sees the others. No isolation means the server's own, read committed.

    `deferrable` lets a serialisable one that only reads wait until it cannot be broken off.
    """

    isolation: Isolation | None = None
    read_only: bool = False
    deferrable: bool = False

    def options(self) -> dict[str, Any]:
        """As SQLAlchemy takes them for a connection, and gives them back with it."""
        found: dict[str, Any] = {}
        if self.isolation is not None:
            found["isolation_level"] = str(self.isolation)
        if self.read_only:
            found["postgresql_readonly"] = True
        if self.deferrable:
            found["postgresql_deferrable"] = True
        return found


USUAL: Final = Mode()


class Store(Protocol):
    """What this package needs of a database."""

    @property
    def engine(self) -> Engine: ...

    def transaction(self, mode: Mode = USUAL) -> AbstractContextManager[Session]: ...


@contextmanager
def transaction(engine: Engine, mode: Mode = USUAL) -> Iterator[Session]:
    """Commits at the end, rolls back on any exception, then runs what waits for the end."""
    options, ending = mode.options(), Ending.ROLLED_BACK
    with Session(engine, expire_on_commit=False) as session:
        try:
            with session.begin():
                if options:
                    session.connection(execution_options=options)
                yield session
                session.flush()
                ending = Ending.UNKNOWN
            ending = Ending.COMMITTED
        except DBAPIError as error:
            if ending is Ending.UNKNOWN and not error.connection_invalidated:
                ending = Ending.ROLLED_BACK
            raise
        finally:
            hooks.run(session, ending)
