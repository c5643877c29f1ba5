"""A database's part in a transaction of two phases, and what has been prepared there."""

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.errors import ConfigurationError
from core.store.transactions import hooks
from core.store.transactions.hooks import Ending
from core.store.transactions.scope import Store

PREFIX: Final = "mendline"
# It stands between quotes in the name of a prepared transaction, whose length is limited.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_UNDEFINED_OBJECT: Final = "42704"
_PREPARED: Final = text("""
    SELECT gid FROM pg_prepared_xacts
    WHERE database = current_database() AND gid LIKE :ours ORDER BY prepared""")


class NotPreparedForError(ConfigurationError):
    """The PostgreSQL server does not take prepared transactions."""

    code = "ML-DB-0016"


def checked_name(database: str) -> str:
    if not _NAME.fullmatch(database):
        raise ConfigurationError(
            f"The database {database!r} cannot have that name: up to 100 letters, digits, `_`, `.`"
            " and `-` are possible."
        )
    return database


def prepared_name(key: str, database: str) -> str:
    """How the part of that database is called on its server."""
    return f"{PREFIX}:{key}:{database}"


def key_of(name: str) -> str:
    return name.split(":")[1]


def require_prepared(store: Store, database: str) -> None:
    """A server refuses only at the end of all the work, so it is asked at the beginning."""
    with store.engine.connect() as connection:
        places = connection.scalar(text("SHOW max_prepared_transactions"))
    if int(places or 0) == 0:
        raise NotPreparedForError(
            f"The PostgreSQL server of the database {database} has max_prepared_transactions = 0,"
            " so it cannot take part in a transaction of two phases. Set it to 20 or more in its"
            " postgresql.conf and restart it."
        )


class Branch:
    """An open transaction in one of the databases. Closing it forgets what was not prepared."""

    def __init__(self, store: Store, *, database: str, key: str) -> None:
        self.store = store
        self.database = database
        self.name = prepared_name(key, database)
        self.asked = False
        self._connection: Connection = store.engine.connect()
        # What the work commits by itself is not committed before all the others are.
        self._connection.begin()
        self.session = Session(bind=self._connection, expire_on_commit=False)

    def prepare(self) -> None:
        """From here on the server keeps it, through a restart, too, until it is told what to do."""
        self.session.flush()
        self.asked = True
        self._connection.exec_driver_sql(f"PREPARE TRANSACTION '{self.name}'")

    def close(self) -> None:
        self.session.close()
        self._connection.close()

    def settle(self, *, commit: bool) -> None:
        settle(self.store, self.name, commit=commit)

    def end(self, ending: Ending) -> None:
        hooks.run(self.session, ending)


def settle(store: Store, name: str, *, commit: bool) -> None:
    """Tells the server what to do with a prepared part; one that is not there has been told."""
    verb = "COMMIT" if commit else "ROLLBACK"
    with store.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            alone.exec_driver_sql(f"{verb} PREPARED '{name}'")
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _UNDEFINED_OBJECT:
                raise


def prepared(store: Store) -> Sequence[str]:
    """The parts in this database that wait to be told, of whichever platform."""
    with store.engine.connect() as connection:
        return connection.scalars(_PREPARED, {"ours": f"{PREFIX}:%"}).all()
