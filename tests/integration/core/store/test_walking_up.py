"""One database goes from the first revision to the newest, and takes rows along on the way.

Rows come in where their tables came in, as the versions of that time wrote them; each step is the
upgrade of a released version. tests/chaos/upgrades.py starts from every revision on its own.
"""

import pytest
from alembic import command
from sqlalchemy import text

from core.store import schema
from core.store.engine import Database

pytestmark = pytest.mark.store

AT = "2026-03-01T12:00:00Z"
# By the revision that made their tables: what is put in, and what must be there in the end.
ROWS = {
    "0001": (
        f"INSERT INTO projects (name, created_at) VALUES ('shop', '{AT}')",
        "SELECT count(*) = 1 FROM projects WHERE name = 'shop'",
    ),
    "0003": (
        f"""INSERT INTO issues (project_id, title, culprit, level, category, transient, severity,
            status, status_changed_at, first_seen, last_seen, event_count)
        SELECT id, 't', 'c', 'error', 'bug', false, 'low', 'unresolved', '{AT}', '{AT}', '{AT}', 7
        FROM projects""",
        "SELECT event_count = 7 FROM issues",
    ),
    "0004": (
        f"""INSERT INTO work_items (task, arguments, queue, priority, state, due_at, max_attempts,
            lease_seconds, created_at)
        VALUES ('a.b', '{{}}', 'alerts', 5, 'waiting', '{AT}', 5, 30, '{AT}')""",
        "SELECT state = 'waiting' FROM work_items",
    ),
    "0014": (
        f"""INSERT INTO recovery_targets (scope, target, action, seen_at)
        VALUES (1, 'db:pay', 'restart', '{AT}')""",
        "SELECT target = 'db:pay' FROM recovery_targets",
    ),
    "0023": (
        f"""INSERT INTO hooks (name, url, occasions, salt, created_by, created_at)
        VALUES ('h', 'https://example.org', '{{}}', 's', 'a', '{AT}')""",
        "SELECT count(*) = 1 FROM hooks",
    ),
    "0028": (
        f"""INSERT INTO breakers (name, state, version, since, reason)
        VALUES ('pay', 'open', 1, '{AT}', 'r'), ('pay: eu', 'open', 1, '{AT}', 'r');
        INSERT INTO work_holds (target, until, reason)
        VALUES ('a', '{AT}', 'breaker pay: 5 of 5'), ('b', '{AT}', 'breaker pay: eu: 5 of 5'),
            ('c', '{AT}', 'memory is critically short on h'), ('d', '{AT}', 'quarantine k')""",
        """SELECT array_agg(holder ORDER BY target)
            = '{breaker pay,breaker pay: eu,memory,quarantine k}' FROM work_holds""",
    ),
}


def step(database, revision):
    with database.engine.connect() as connection:
        command.upgrade(schema.config(connection), revision)
        connection.commit()


def fill(database, revision):
    put, _ = ROWS.get(revision, ("SELECT 1", ""))
    with database.transaction() as session:
        session.execute(text(put))


def kept(database, revision):
    with database.transaction() as session:
        return session.execute(text(ROWS[revision][1])).scalar_one()


@pytest.fixture
def opened(empty_database_url):
    database = Database(empty_database_url)
    yield database
    database.dispose()


def test_every_revision_goes_up_with_the_rows_of_its_time(opened):
    for revision in ROWS:
        step(opened, revision)
        fill(opened, revision)
    assert schema.upgrade(opened.url).ready
    assert {revision: kept(opened, revision) for revision in ROWS} == dict.fromkeys(ROWS, True)
