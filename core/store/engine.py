"""Connections and transactions: one `Database` a process, one `Session` a transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import orjson
import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from core.errors import ConfigurationError
from core.store.transactions import scope
from core.store.transactions.hooks import after_commit, after_rollback, savepoint
from core.store.transactions.scope import USUAL, Isolation, Mode

__all__ = [
    "Database",
    "Isolation",
    "Mode",
    "after_commit",
    "after_rollback",
    "connect_arguments",
    "driver_connection",
    "libpq_url",
    "savepoint",
    "sqlalchemy_url",
]

FORM: Final = "it is postgresql://user:password@host:5432/name, with %40 for an @ in a password."
BACKENDS: Final = frozenset({"postgresql", "postgres"})
# A dead host or network is noticed in about five seconds; any one of these alone leaves a case of
# more than twelve (tried on Linux with PostgreSQL 18).
LIVENESS = {
    "connect_timeout": "5",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
}


def sqlalchemy_url(url: str) -> URL:
    """`postgresql://…` as people write it, with the driver that we use."""
    return _parsed(url).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The same address for psycopg and PostgreSQL's own programs."""
    return _parsed(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    """What is wrong with an address is told without it: it holds a password."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"The address of the database cannot be read; {FORM}") from error
    if found.get_backend_name() not in BACKENDS:
        raise ConfigurationError(f"{found.drivername} is no address of PostgreSQL; {FORM}")
    return found


def connect_arguments(application: str) -> dict[str, Any]:
    return LIVENESS | {"application_name": application, "options": "-c timezone=UTC"}


class Database:
    """A pool of connections to one PostgreSQL; opens on first use, so a fork may come after it."""

    def __init__(self, url: str, *, application: str = "mendline", pool_size: int = 5) -> None:
        self.url = url
        self.application = application
        self.engine: Engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=False,
            pool_recycle=1800,
            hide_parameters=True,  # a message of an error would tell them to logs and callers
            connect_args=connect_arguments(application),
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def transaction(self, mode: Mode = USUAL) -> AbstractContextManager[Session]:
        """Commits at the end, rolls back on any exception, then runs what waits for the end."""
        return scope.transaction(self.engine, mode)

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """Every statement is a transaction of its own, and one way to the server and back."""
        with self._autocommit.connect() as connection:
            yield connection

    def dispose(self) -> None:
        self.engine.dispose()

    def forget(self) -> None:
        """In a forked child: drop the parent's connections without closing them on the server."""
        self.engine.dispose(close=False)


def driver_connection(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection below the session, inside its transaction: for COPY and pipelines."""
    found = session.connection().connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
