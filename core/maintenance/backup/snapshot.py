"""One view of the database for the dump and for what is counted: an exported snapshot."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from core.errors import DatabaseUnavailableError
from core.maintenance.backup.manifest import Contents, TableFacts
from core.maintenance.backup.problems import BackupRunningError
from core.maintenance.backup.programs import Target
from core.store.engine import connect_arguments

# Any number serves, as long as every version of Mendline takes the same one.
LOCK: Final = 0x4D454E45
PATIENCE: Final = """
    SELECT set_config(name, '0', false) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'statement_timeout',
                   'transaction_timeout', 'idle_session_timeout')
"""
# Partitions are counted with the table they belong to.
TABLES: Final = """
    SELECT relation.oid::regclass::text AS label, space.nspname AS space, relation.relname AS name,
        coalesce(array_agg(attribute.attname ORDER BY attribute.attnum) FILTER (
            WHERE attribute.atttypid IN (20, 21, 23, 1082, 1184)), '{}') AS ordered
    FROM pg_class AS relation
    JOIN pg_namespace AS space ON space.oid = relation.relnamespace
    LEFT JOIN pg_index AS key ON key.indrelid = relation.oid AND key.indisprimary
    LEFT JOIN pg_attribute AS attribute
        ON attribute.attrelid = relation.oid AND attribute.attnum = ANY (key.indkey)
    WHERE relation.relkind IN ('r', 'p') AND NOT relation.relispartition
      AND space.nspname NOT IN ('pg_catalog', 'information_schema')
      AND space.nspname NOT LIKE 'pg_%'
    GROUP BY relation.oid, space.nspname, relation.relname ORDER BY label
"""
OBJECTS: Final = """
    SELECT CASE relkind WHEN 'i' THEN 'indexes' WHEN 'I' THEN 'partitioned indexes'
        WHEN 'S' THEN 'sequences' WHEN 'v' THEN 'views' ELSE 'tables' END AS kind, count(*) AS count
    FROM pg_class LEFT JOIN pg_index ON indexrelid = oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('i', 'I', 'S', 'v', 'r', 'p')
      AND (relkind <> 'i' OR indisvalid)  -- one that is being built is not dumped
    GROUP BY 1
    UNION ALL
    SELECT CASE contype WHEN 'f' THEN 'foreign keys' WHEN 'c' THEN 'checks' WHEN 'p'
        THEN 'primary keys' WHEN 'u' THEN 'unique constraints' END, count(*)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c', 'p', 'u')
    GROUP BY 1
    UNION ALL
    SELECT 'triggers', count(*) FROM pg_trigger WHERE NOT tgisinternal
"""

Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Server:
    """`version` as people write it, `major` as the programs have it."""

    version: str
    major: int


def connected(target: Target) -> Connection:
    """A connection that nothing cuts off while it waits."""
    try:
        connection: Connection = psycopg.connect(
            target.libpq,
            autocommit=True,
            row_factory=dict_row,
            **connect_arguments("mendline-backup"),
        )
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(str(error).strip()) from error
    connection.execute(PATIENCE)
    return connection


def server(connection: Connection) -> Server:
    number = connection.info.server_version
    row = one(connection, "SHOW server_version")
    return Server(str(row["server_version"]).split()[0], number // 10_000)


def one(connection: Connection, statement: str, *values: Any) -> dict[str, Any]:
    row = connection.execute(statement, values or None).fetchone()
    assert row is not None
    return row


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """One backup of a database at a time; the lock ends with the connection, even by a kill."""
    if not one(connection, "SELECT pg_try_advisory_lock(%s) AS got", LOCK)["got"]:
        raise BackupRunningError
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def exported(connection: Connection) -> Iterator[str]:
    """The name of a snapshot that is there until the end of the block."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield one(connection, "SELECT pg_export_snapshot() AS name")["name"]
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("ROLLBACK")


def contents(connection: Connection) -> Contents:
    """What the connection's transaction sees."""
    tables = {
        row["label"]: _facts(connection, row) for row in connection.execute(TABLES).fetchall()
    }
    objects = {row["kind"]: row["count"] for row in connection.execute(OBJECTS).fetchall()}
    wal = one(
        connection,
        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
        " ELSE pg_current_wal_lsn() END::text AS place",
    )
    return Contents(
        revision=_revision(connection, tables), tables=tables, objects=objects, wal=wal["place"]
    )


@contextmanager
def counting(connection: Connection) -> Iterator[Future[Contents]]:
    """Counts in the connection's transaction meanwhile; a block that fails waits for none of it."""
    with ThreadPoolExecutor(1, thread_name_prefix="backup-count") as pool:
        counted = pool.submit(contents, connection)
        try:
            yield counted
        finally:
            while not counted.done():
                connection.cancel()
                wait([counted], timeout=0.1)


def _revision(connection: Connection, tables: Mapping[str, TableFacts]) -> str | None:
    if not tables.get("alembic_version", TableFacts(0)).rows:
        return None
    return str(one(connection, "SELECT version_num FROM alembic_version")["version_num"])


def _facts(connection: Connection, row: Mapping[str, Any]) -> TableFacts:
    largest = [
        sql.SQL("max({})::text AS {}").format(sql.Identifier(name), sql.Identifier(f"max_{name}"))
        for name in row["ordered"]
    ]
    statement = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join([sql.SQL("count(*) AS rows"), *largest]),
        sql.Identifier(row["space"], row["name"]),
    )
    found = connection.execute(statement).fetchone()
    assert found is not None
    return TableFacts(found["rows"], {name: found[f"max_{name}"] for name in row["ordered"]})
