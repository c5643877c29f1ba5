"""Connections and transactions: one `Database` a process, one `Session` a transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.orm import Session

AFTER_COMMIT = "mendline.after_commit"

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
    return make_url(url).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The same address for psycopg and PostgreSQL's own programs."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


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
            connect_args=connect_arguments(application),
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commits at the end, rolls back on any exception, then runs what waits for the commit."""
        with Session(self.engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            for action in session.info.pop(AFTER_COMMIT, ()):
                action()

    def dispose(self) -> None:
        self.engine.dispose()

    def forget(self) -> None:
        """In a forked child: drop the parent's connections without closing them on the server."""
        self.engine.dispose(close=False)


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Runs `action` once the session's transaction has been committed, never if it rolls back."""
    session.info.setdefault(AFTER_COMMIT, []).append(action)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part that may fail alone; what waits for the commit because of it goes with it."""
    waiting = len(session.info.get(AFTER_COMMIT, ()))
    kept = False
    try:
        with session.begin_nested():
            yield
        kept = True
    finally:
        if not kept:
            del session.info.get(AFTER_COMMIT, [])[waiting:]


def driver_connection(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection below the session, inside its transaction: for COPY and pipelines."""
    found = session.connection().connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
