"""Brings a database to the schema of this version, and tells how far it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.clock import Clock, SystemClock
from core.errors import Category, DatabaseUnavailableError, SchemaError
from core.model import Base
from core.store import migrations, partitions
from core.store.engine import connect_arguments, sqlalchemy_url

# Any number serves, as long as every version of Mendline takes the same one.
LOCK = 0x4D454E44
OLDEST_SERVER = 15
# A migration that waits for a lock makes everybody else wait behind it, so it soon gives way.
LOCK_SECONDS = 3
LOCK_ATTEMPTS = 10
PAUSE_SECONDS = 2.0


class Fit(StrEnum):
    """How a database's schema stands to the one that this version needs."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class SchemaState:
    fit: Fit
    found: str | None
    needed: str

    @property
    def ready(self) -> bool:
        return self.fit is Fit.CURRENT


class SchemaBusyError(SchemaError):
    """Others hold tables that the upgrade has to change."""

    code = "ML-DB-0015"
    category = Category.CONCURRENCY
    permanent = False


def upgrade(url: str, *, clock: Clock | None = None, days_ahead: int = 7) -> SchemaState:
    """Runs what is missing, one caller at a time; afterwards events of today have a partition.

    A database that a newer version has upgraded, or that is not ours, is left alone: `SchemaError`.
    """
    today = (clock or SystemClock()).now().date()
    with _connected(url) as connection, _locked(connection):
        _require_possible(connection)
        _migrate(connection)
        with Session(connection) as session, session.begin():
            partitions.ensure(
                session, today - timedelta(days=1), today + timedelta(days=days_ahead)
            )
        return _state(connection)


def require_possible(url: str) -> SchemaState:
    """What an upgrade would begin with; `SchemaError` where it would be refused."""
    with _connected(url) as connection:
        return _require_possible(connection)


def _require_possible(connection: Connection) -> SchemaState:
    found = _state(connection)
    if found.fit is Fit.NEWER:
        raise SchemaError(
            f"The database is at revision {found.found}, which this version does not know; it "
            f"was upgraded by a newer Mendline. This version needs {found.needed}.",
            found=found.found,
            needed=found.needed,
        )
    major = int((connection.dialect.server_version_info or (OLDEST_SERVER,))[0])
    if major < OLDEST_SERVER:
        raise SchemaError(
            f"The server is PostgreSQL {major}; Mendline needs {OLDEST_SERVER} or later."
        )
    if found.fit is Fit.EMPTY:
        _refuse_strangers(connection)
    return found


def _refuse_strangers(connection: Connection) -> None:
    """Tables with names of ours, but without a revision, were made by something else."""
    present = inspect(connection).get_table_names()
    connection.rollback()
    strange = sorted(set(present) & set(Base.metadata.tables))
    if strange:
        raise SchemaError(
            f"The database has tables named like Mendline's ({', '.join(strange[:3])}), but no "
            "revision: something else made them. Give Mendline a database of its own."
        )


def _migrate(connection: Connection) -> None:
    """Each revision is a transaction of its own: what was done stays done when one gives way."""
    connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
    connection.commit()
    for left in reversed(range(LOCK_ATTEMPTS)):
        try:
            command.upgrade(config(connection), "head")
            connection.commit()
        except OperationalError as error:
            connection.rollback()
            if not isinstance(error.orig, LockNotAvailable):
                raise
            if not left:
                raise SchemaBusyError(
                    "The upgrade gave way to others that hold tables it has to change. End long "
                    "transactions (`mendline transaction list` shows those in doubt) and run "
                    "`mendline db upgrade` again; it goes on where it stopped."
                ) from error
            time.sleep(PAUSE_SECONDS)
        else:
            return


def state(url: str) -> SchemaState:
    with _connected(url) as connection:
        return _state(connection)


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no file for it."""
    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(Path(migrations.__path__[0])).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def _state(connection: Connection) -> SchemaState:
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return state_at(found)


def state_at(found: str | None) -> SchemaState:
    """How a database at that revision stands to this version."""
    script = ScriptDirectory.from_config(config())
    needed = script.get_current_head()
    assert needed is not None
    known = {revision.revision for revision in script.walk_revisions()}
    return SchemaState(_fit(found, needed, known), found, needed)


def _fit(found: str | None, needed: str, known: set[str]) -> Fit:
    if found is None:
        return Fit.EMPTY
    if found == needed:
        return Fit.CURRENT
    return Fit.OLDER if found in known else Fit.NEWER


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(
        sqlalchemy_url(url), poolclass=NullPool, connect_args=connect_arguments("mendline-schema")
    )
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise DatabaseUnavailableError(str(error.orig)) from error


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """Of several processes that start together one upgrades, the others wait and find it done.

    The lock belongs to the connection and ends with it, even when the process is killed.
    """
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()
