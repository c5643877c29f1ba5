"""The database is looked at, told of, and cared for: on a real one."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import select, text

from core.maintenance.care import checks, telling, upkeep
from core.maintenance.care.finding import Finding, Severity
from core.model import MaintenanceFinding, Signal
from core.store import health
from core.store.engine import libpq_url
from tests.integration.core.rows import NOW, add_project

pytestmark = pytest.mark.store


def look(database):
    with database.transaction() as session:
        return health.figures(session, NOW)


def finding(severity=Severity.WARNING, subject="inbox"):
    return Finding("dead_rows", subject, severity, "It is so.", "Do it.", 0.5, 0.3)


@pytest.fixture
def tell(database):
    with database.transaction() as session:
        project = add_project(session, "own")

    def tell(*found):
        with database.transaction() as session:
            return telling.tell(session, found, checks=checks.NAMES, own_project=project, now=NOW)

    return tell


def ask(database, statement):
    with database.transaction() as session:
        return session.scalars(statement).all()


def test_every_figure_is_there_and_a_fresh_database_is_well(database):
    figures = look(database)
    assert set(figures) == set(checks.CHECKS)
    assert figures["indexes"]
    assert figures["databases"]
    assert [each.check for each in checks.findings(figures)] == []


def test_a_transaction_left_open_is_seen_and_one_that_waits_for_it(database):
    with ThreadPoolExecutor(1) as pool, psycopg.connect(libpq_url(database.url)) as holder:
        holder_pid = holder.info.backend_pid
        holder.execute("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE")
        waiting = pool.submit(ask, database, text("SELECT id FROM projects"))
        with psycopg.connect(libpq_url(database.url), autocommit=True) as looking:
            while not looking.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                time.sleep(0.01)
        figures = look(database)
        holder.rollback()
        waiting.result()
    assert any(row["idle"] for row in figures["transactions"])
    (wait,) = figures["locks"]
    assert (wait["relation"], wait["blockers"]) == ("projects", [holder_pid])


def test_a_transaction_in_doubt_is_seen(database):
    with psycopg.connect(libpq_url(database.url), autocommit=True) as connection:
        connection.execute("BEGIN; INSERT INTO projects (name, created_at) VALUES ('a', now())")
        connection.execute("PREPARE TRANSACTION 'test-in-doubt'")
        try:
            (row,) = look(database)["prepared"]
        finally:
            connection.execute("ROLLBACK PREPARED 'test-in-doubt'")
    assert (row["gid"], row["seconds"] >= 0) == ("test-in-doubt", True)


def test_a_finding_is_told_once_and_again_when_it_worsens(database, tell):
    assert len(tell(finding())) == 1
    assert tell(finding()) == []
    assert len(tell(finding(Severity.CRITICAL))) == 1
    kinds = ask(database, select(Signal.kind))
    assert kinds == ["maintenance_found"] * 2


def test_a_finding_goes_with_what_it_tells_of(database, tell):
    tell(finding(), finding(subject="outbox"))
    tell(finding())
    assert ask(database, select(MaintenanceFinding.subject)) == ["inbox"]


def test_a_note_stands_in_the_list_and_is_no_signal(database, tell):
    tell(finding(Severity.NOTE))
    assert ask(database, select(Signal.kind)) == []
    assert ask(database, select(MaintenanceFinding.level)) == ["note"]


def test_a_swollen_index_is_built_anew(database, monkeypatch):
    monkeypatch.setattr(checks, "SMALLEST_INDEX", 100_000)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE swollen (a bigint)"))
        session.execute(text("INSERT INTO swollen SELECT generate_series(1, 60000)"))
        session.execute(text("CREATE INDEX ix_swollen ON swollen (a)"))
        session.execute(text("DELETE FROM swollen WHERE a % 20 <> 0"))
    with database.at_once() as connection:
        connection.execute(text("VACUUM ANALYZE swollen"))
    told = upkeep.care(database, NOW)
    assert list(told.reindexed) == ["ix_swollen"]
    assert told.bytes_freed > 500_000
    assert upkeep.care(database, NOW).reindexed == []


def test_what_somebody_holds_is_left_for_another_day(database, monkeypatch):
    monkeypatch.setattr(upkeep, "PATIENCE", "50ms")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE left_over (a bigint)"))
        session.execute(text("CREATE INDEX left_ccnew ON left_over (a)"))
        session.execute(
            text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'left_ccnew'::regclass")
        )
    with database.transaction() as holder:
        holder.execute(text("LOCK TABLE left_over"))
        assert upkeep.care(database, NOW).held == ["left_ccnew"]
    assert upkeep.care(database, NOW).held == []
