"""Databases with the whole schema, lent to tests.

Copying the schema's hundreds of files costs a tenth of a second of processor time and dropping them
nearly as much, so what comes back is emptied and lent again, unless its schema was changed. The
session that does it stays: it knows the schema already, which halves what the server has to do.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, OperationalError
from sqlalchemy.engine import make_url

# Larger tables are not worth emptying row by row.
LARGEST = 8 * 1024 * 1024

ROWS = """
    SELECT coalesce(array_agg(quote_ident(relname) ORDER BY oid), '{}'),
        coalesce(max(pg_total_relation_size(oid)), 0)
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL(%s)
        AND pg_relation_size(oid) > 0
"""
SHAPE = """
    SELECT
        (SELECT array_agg((oid, relname, relnatts, relchecks, relhastriggers)::text ORDER BY oid)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT count(*) FROM pg_attrdef), (SELECT count(*) FROM pg_constraint),
        (SELECT count(*) FROM pg_trigger),
        (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_db_role_setting),
        (SELECT array_agg(version_num) FROM alembic_version)
"""
OTHERS = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""
SEQUENCES = """
    SELECT setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""


class Databases:
    """Copies of one template on one server."""

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._kept = self._filled()
        self._shapes: dict[str, object] = {}
        self._sessions: dict[str, psycopg.Connection] = {}

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database that nobody else uses."""
        name = self._free.pop() if self._free else self._copied()
        try:
            yield self._url(name)
        finally:
            if self._emptied(name):
                self._free.append(name)
            else:
                self._dropped(name)

    def close(self) -> None:
        for name in self._free:
            self._dropped(name)

    def _copied(self) -> str:
        name = f"mendline_test_{secrets.token_hex(4)}"
        self._command("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        with self._session(name) as connection:
            self._shapes[name] = connection.execute(SHAPE).fetchone()
        return name

    def _dropped(self, name: str) -> None:
        if name in self._sessions:
            self._sessions.pop(name).close()
        self._command("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def _session(self, name: str) -> Iterator[psycopg.Connection]:
        """A transaction of the session that stays, or of a new one where a test ended that."""
        found = self._sessions.get(name)
        try:
            if found is not None:
                found.execute("")
        except OperationalError:
            found.close()
            found = None
        if found is None:
            found = self._sessions[name] = psycopg.connect(self._url(name), autocommit=True)
        with found.transaction():
            yield found

    def _filled(self) -> list[str]:
        """The tables in which the template itself has rows."""
        with psycopg.connect(self._url(self._template)) as connection:
            found = connection.execute(ROWS, [[]]).fetchone()
        return list(found[0]) if found else []

    def _emptied(self, name: str) -> bool:
        try:
            with self._session(name) as connection:
                connection.execute(OTHERS)
                if connection.execute(SHAPE).fetchone() != self._shapes[name]:
                    return False
                tables, largest = connection.execute(ROWS, [self._kept]).fetchone() or ((), 0)
                if largest > LARGEST:
                    return False
                connection.execute("SET LOCAL session_replication_role = replica")
                for table in tables:
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(table)))
                connection.execute(SEQUENCES)
        except InsufficientPrivilege:  # a server that was given: not everybody may skip checks
            return False
        return True

    def _url(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _command(self, command: str, *names: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))
