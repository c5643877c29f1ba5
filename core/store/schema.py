"""Brings a database to the schema of this version, and tells how far it is."""

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
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.clock import Clock, SystemClock
from core.errors import DatabaseUnavailableError, SchemaError
from core.store import migrations, partitions
from core.store.engine import connect_arguments, sqlalchemy_url

# Any number serves, as long as every version of Mendline takes the same one.
LOCK = 0x4D454E44


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


def upgrade(url: str, *, clock: Clock | None = None, days_ahead: int = 7) -> SchemaState:
    """Runs what is missing, one caller at a time; afterwards events of today have a partition.

    A database that a newer version has upgraded is left alone: `SchemaError`.
    """
    today = (clock or SystemClock()).now().date()
    with _connected(url) as connection, _locked(connection):
        found = _state(connection)
        if found.fit is Fit.NEWER:
            raise SchemaError(
                f"The database is at revision {found.found}, which this version does not know; it "
                f"was upgraded by a newer Mendline. This version needs {found.needed}.",
                found=found.found,
                needed=found.needed,
            )
        command.upgrade(config(connection), "head")
        connection.commit()
        with Session(connection) as session, session.begin():
            partitions.ensure(
                session, today - timedelta(days=1), today + timedelta(days=days_ahead)
            )
        return _state(connection)


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
    script = ScriptDirectory.from_config(config())
    needed = script.get_current_head()
    assert needed is not None
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
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
