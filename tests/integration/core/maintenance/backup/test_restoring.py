import threading
from dataclasses import replace

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from core.clock import SystemClock
from core.errors import SchemaError
from core.maintenance.backup import loading, restoring, taking
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.problems import DamagedBackupError, OverwriteRefusedError
from core.maintenance.backup.restoring import Wish
from core.store import schema
from core.store.engine import Database
from core.store.schema import Fit

pytestmark = pytest.mark.store

CLOCK = SystemClock()


def rows(target, table):
    with psycopg.connect(target.url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def named_like(target, pattern):
    with psycopg.connect(target.url) as connection:
        statement = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        return [row[0] for row in connection.execute(statement, [pattern])]


@pytest.fixture
def elsewhere(target):
    """A name that is free; what was made under it is dropped."""
    name = f"{target.database}_elsewhere"
    yield target.named(name)
    with psycopg.connect(target.url, autocommit=True) as connection:
        for each in named_like(target, f"{name}%"):
            connection.execute(f'DROP DATABASE "{each}" WITH (FORCE)')


@pytest.fixture
def standing(elsewhere):
    """There is a database of that name already, with a table."""
    with loading.beside(elsewhere) as connection:
        loading.create(connection, elsewhere.database)
    with psycopg.connect(elsewhere.url) as connection:
        connection.execute("CREATE TABLE events (id int)")
    return elsewhere


def test_it_restores_under_a_new_name(backup, target, elsewhere):
    done = restoring.restore(backup.path, Wish(target=elsewhere), Loading(jobs=2), CLOCK)
    assert (done.before, rows(elsewhere, "events"), rows(target, "events")) == (None, 10, 10)


def test_nothing_is_overwritten_without_the_word(backup, target, standing):
    wish = Wish(target=standing)
    for word in (None, "yes", target.database):
        with pytest.raises(OverwriteRefusedError, match=f"--overwrite {standing.database}"):
            restoring.restore(backup.path, replace(wish, overwrite=word), Loading(), CLOCK)
    assert named_like(target, f"{standing.database}%") == [standing.database]


def test_with_the_word_the_old_one_is_kept_beside(backup, target, standing):
    wish = Wish(target=standing, overwrite=standing.database)
    with psycopg.connect(standing.url, autocommit=True) as busy:
        busy.execute("SELECT 1")
        done = restoring.restore(backup.path, wish, Loading(), CLOCK)
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT 1")
    assert rows(standing, "events") == 10
    assert rows(target.named(done.before), "events") == 0


def test_clients_that_come_back_at_once_do_not_keep_it_from_the_name(backup, standing):
    wish = Wish(target=standing, overwrite=standing.database)
    over = threading.Event()
    clients = [threading.Thread(target=insist, args=(standing.url, over)) for _ in range(4)]
    for client in clients:
        client.start()
    done = restoring.restore(backup.path, wish, Loading(), CLOCK)
    over.set()
    for client in clients:
        client.join()
    assert done.before is not None
    assert rows(standing, "events") == 10


def insist(url, over):
    while not over.is_set():
        try:
            with psycopg.connect(url, connect_timeout=10) as connection:
                connection.execute("SELECT pg_sleep(0.5)")
        except psycopg.OperationalError:
            continue


def test_a_restore_that_fails_leaves_nothing_and_touches_nothing(backup, target, elsewhere):
    backup.path.write_bytes(b"damaged" + backup.path.read_bytes()[7:])
    with pytest.raises(DamagedBackupError, match="checksum"):
        restoring.restore(backup.path, Wish(target=elsewhere), Loading(), CLOCK)
    assert named_like(target, f"{elsewhere.database}%") == []


def test_an_older_schema_is_upgraded_or_left(target, how, elsewhere):
    one_revision_back(target.url)
    older = taking.take(target, how)
    wish = Wish(target=elsewhere, overwrite=elsewhere.database, upgrade=False)
    restoring.restore(older.path, wish, Loading(), CLOCK)
    assert schema.state(elsewhere.url).fit is Fit.OLDER
    restoring.restore(older.path, replace(wish, upgrade=True), Loading(), CLOCK)
    assert schema.state(elsewhere.url).ready


def one_revision_back(url):
    database = Database(url)
    with database.engine.connect() as connection:
        command.downgrade(schema.config(connection), "-1")
        connection.commit()
    database.dispose()


def test_what_a_newer_version_saved_replaces_nothing(filled, target, how):
    with filled.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = taking.take(target, how).path
    into = target.named("newer")
    wish = Wish(target=into)
    with pytest.raises(SchemaError, match="--no-upgrade"):
        restoring.restore(newer, wish, Loading(), SystemClock())
    assert named_like(target, "newer%") == []
    done = restoring.restore(newer, replace(wish, upgrade=False), Loading(), SystemClock())
    assert done.revision == "9999"
    with loading.beside(target) as connection:
        loading.drop(connection, "newer")
