import threading
from datetime import date

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.clock import FixedClock
from core.errors import DatabaseUnavailableError, SchemaError
from core.model import Base
from core.store import partitions, schema
from core.store.migrations.compare import is_ours
from core.store.schema import Fit
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store


def query(url, statement, *values):
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values).fetchall()


def test_models_and_migrations_agree(database):
    with database.engine.connect() as connection:
        options = {"include_object": is_ours, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_difference_would_be_noticed(database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE issues DROP COLUMN culprit")
        connection.exec_driver_sql("CREATE TABLE strange (id int)")
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        found = {(change[0]) for change in compare_metadata(context, Base.metadata)}
    assert found == {"add_column", "remove_table"}


def test_every_revision_can_be_taken_back(database):
    with database.engine.connect() as connection:
        command.downgrade(schema.config(connection), "base")
        connection.commit()
    left = query(database.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert left == [("alembic_version",)]


def test_an_empty_database_says_so(empty_database_url):
    state = schema.state(empty_database_url)
    assert (state.fit, state.found, state.ready) == (Fit.EMPTY, None, False)


def test_after_the_upgrade_the_schema_is_current(empty_database_url):
    assert schema.upgrade(empty_database_url).ready
    assert schema.state(empty_database_url).fit is Fit.CURRENT


def test_an_older_database_is_brought_up_to_date(database):
    with database.engine.connect() as connection:
        command.downgrade(schema.config(connection), "-1")
        connection.commit()
    assert schema.state(database.url).fit is Fit.OLDER
    assert schema.upgrade(database.url).ready


def test_a_newer_database_is_refused(empty_database_url):
    schema.upgrade(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert schema.state(empty_database_url).fit is Fit.NEWER
    with pytest.raises(SchemaError, match="newer Mendline") as refused:
        schema.upgrade(empty_database_url)
    assert refused.value.context["found"] == "9999"


def test_many_may_upgrade_at_once(empty_database_url):
    errors = []

    def upgrade():
        try:
            schema.upgrade(empty_database_url)
        except SchemaError as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert schema.state(empty_database_url).ready


def test_the_upgrade_leaves_room_for_events_of_today(empty_database_url):
    schema.upgrade(empty_database_url, clock=FixedClock(NOW), days_ahead=2)
    names = query(empty_database_url, "SELECT relname FROM pg_class WHERE relname ~ '^events_2'")
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
    assert {name for (name,) in names} >= {partitions.name(day) for day in days}


def test_a_server_that_is_away_is_named_so():
    with pytest.raises(DatabaseUnavailableError):
        schema.state("postgresql://nobody@127.0.0.1:1/nothing")


@pytest.mark.parametrize(("table", "column"), [("events_20260301", "payload"), ("inbox", "body")])
def test_compressed_bytes_are_not_compressed_again(database, table, column):
    statement = """
        SELECT attstorage FROM pg_attribute
        WHERE attrelid = %s::regclass AND attname = %s
    """
    [(storage,)] = query(database.url, statement, table, column)
    assert storage in {"e", b"e"}


def test_the_inbox_is_vacuumed_by_amount(database):
    [(options,)] = query(
        database.url, "SELECT reloptions FROM pg_class WHERE oid = 'inbox'::regclass"
    )
    assert "autovacuum_vacuum_threshold=20000" in options
    assert "autovacuum_vacuum_scale_factor=0" in options


def test_tables_of_somebody_else_are_refused(empty_database_url):
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE issues (id int)")
    with pytest.raises(SchemaError, match="a database of its own"):
        schema.upgrade(empty_database_url)


def test_an_upgrade_gives_way_and_tries_again(database, monkeypatch):
    monkeypatch.setattr(schema, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(schema, "PAUSE_SECONDS", 0.01)
    with database.engine.connect() as connection:
        command.downgrade(schema.config(connection), "0014")
        connection.commit()
    with psycopg.connect(database.url) as writer:
        writer.execute("UPDATE projects SET name = name")
        with pytest.raises(schema.SchemaBusyError, match="goes on where it stopped"):
            schema.upgrade(database.url)
        writer.rollback()
    assert schema.upgrade(database.url).ready
