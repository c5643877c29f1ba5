"""Upkeep that is killed in the middle: what is left is whole, and the next run finishes it."""

import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select, text

from core.maintenance import partitions, retention, rollup
from core.maintenance.values import Keeping
from core.model import Event, EventId, IssueMinute, WorkItem
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

VALUES = Keeping(event_days=1, minute_days=1, run_days=1, batch=20)
RUN = """
import sys
from core.maintenance import partitions, retention, rollup
from core.store.engine import Database
from tests.integration.core.maintenance.test_killed import NOW, VALUES
{job}(Database(sys.argv[1]), VALUES, NOW)
"""
MINUTES = text("""
    INSERT INTO issue_minutes (issue_id, minute, project_id, events)
    SELECT 1, CAST(:start AS timestamptz) + n * interval '20 minutes', 7, 1
    FROM generate_series(1, 1200) AS n
""")
WORK = text("""
    INSERT INTO work_items (task, arguments, queue, priority, state, due_at, max_attempts,
                            lease_seconds, created_at, finished_at)
    SELECT 'a.b', '{}', 'maintenance', 5, 'done', :start, 1, 60, :start, :start
    FROM generate_series(1, 4000)
""")
EVENTS = text("""
    WITH made AS (
        INSERT INTO events (event_id, project_id, issue_id, received_at, timestamp, level,
                            category, transient, severity, payload)
        SELECT gen_random_uuid(), 7, 1, CAST(:start AS timestamptz), :start, 'error',
               'bug', false, 'low', decode(repeat('00', 1500), 'hex')
        FROM generate_series(1, 10000)
        RETURNING event_id, project_id, received_at
    )
    INSERT INTO event_ids SELECT * FROM made
""")


def ask(database, statement):
    with database.transaction() as session:
        return session.scalar(statement)


def kill_when(database, job, begun):
    """Starts the job in a process of its own and kills it as soon as it has begun."""
    command = [sys.executable, "-c", RUN.format(job=job), database.url]
    with subprocess.Popen(command) as process:
        while process.poll() is None and not begun():
            time.sleep(0.002)
        process.kill()


def test_counting_coarser_loses_nothing(database):
    with database.transaction() as session:
        session.execute(MINUTES, {"start": NOW.replace(day=1, month=1)})
    coarse = select(func.count()).where(IssueMinute.resolution == 3600)
    kill_when(database, "rollup.thin", lambda: ask(database, coarse))
    total = select(func.sum(IssueMinute.events))
    assert ask(database, total) == 1200
    rollup.thin(database, VALUES, NOW)
    assert ask(database, total) == 1200
    assert ask(database, select(func.count()).select_from(IssueMinute)) == 401


def test_retention_goes_on(database):
    with database.transaction() as session:
        session.execute(WORK, {"start": NOW.replace(month=1)})
    left = select(func.count()).select_from(WorkItem)
    kill_when(database, "retention.clean", lambda: ask(database, left) < 4000)
    rest = ask(database, left)
    assert retention.clean(database, VALUES, NOW).deleted["work_items"] == rest
    assert ask(database, left) == 0


def test_events_and_their_ids_go_together_in_the_end(database, monkeypatch):
    first = NOW.replace(month=1)
    with database.transaction() as session:
        partitions.partitions.ensure(session, first.date(), first.date())
        session.execute(EVENTS, {"start": first})
    ids = select(func.count()).select_from(EventId)
    kill_when(database, "partitions.keep", lambda: ask(database, ids) < 10_000)
    partitions.keep(database, VALUES, NOW)
    assert (ask(database, ids), ask(database, select(func.count()).select_from(Event))) == (0, 0)
