"""The doctor on real servers: silent when all is right, precise about each injected fault."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.spool import Spool
from core.maintenance import retention
from core.maintenance.values import Keeping
from core.model import Agent, DeadLetter, InboxRow, Issue, Leader, Schedule
from core.store import books, partitions
from core.store.books import BookLine
from tests.integration.stored import store_event


@pytest.fixture
def now():
    return SystemClock().now()


@pytest.fixture
def healthy(database, redis_server, make_issue, monkeypatch, now):
    """Rows as a platform at work leaves them, with one stored event."""
    monkeypatch.setenv("MENDLINE_REDIS_URL", redis_server)
    issue_id = make_issue()
    with database.transaction() as session:
        session.add_all([agent(now), leader(now), schedule(now)])
        store_event(session, issue_id, now)
    return issue_id


def agent(now):
    return Agent(pool="ingest", host="a", target=1, running=1, state="steady", seen_at=now)


def leader(now):
    return Leader(role="fleet", holder="a", until=now + timedelta(minutes=5))


def schedule(now):
    return Schedule(
        job="inbox.sweep",
        task="analysis.digest",
        queue="analysis",
        priority=5,
        interval=5,
        next_slot=now,
        updated_at=now,
    )


@pytest.fixture
def break_it(database, healthy):
    def execute(statement, **values):
        with database.transaction() as session:
            session.execute(text(statement), values)

    return execute


@pytest.fixture
def faults(run):
    """What the doctor complains of, as name → detail, and its exit code."""

    def faults():
        result = run("doctor", "--json")
        assert result.stderr == ""
        checks = json.loads(result.stdout)["checks"]
        bad = {c["name"]: c["detail"] for c in checks if c["state"] not in {"ok", "note"}}
        return result.exit_code, bad

    return faults


def test_nothing_is_wrong(run, healthy):
    result = run("doctor", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["healthy"]) == (0, True), answer["checks"]
    assert answer["books"]["received"] == 3
    assert answer["books"]["rejected"] == {"no_key": 2}


def test_people_get_a_line_each(run, healthy):
    lines = run("doctor").stdout.splitlines()
    assert any(line.startswith("ok ") and "PostgreSQL" in line for line in lines)
    assert any("accepted 1 = stored 1 + duplicates 0 + pending 0" in line for line in lines)


FAULTS = {
    "UPDATE agents SET state = 'broken'": "workers ingest@a",
    "DELETE FROM leaders": "fleet",
    "UPDATE schedules SET next_slot = next_slot - interval '1 hour'": "schedules",
    "UPDATE book_entries SET count = count + 1 WHERE account = 'accepted'": "books",
    "INSERT INTO work_items (task, arguments, queue, priority, state, due_at, max_attempts,"
    " lease_seconds, created_at) SELECT 'a', '{}', 'alerts', 5, 'waiting',"
    " next_slot - interval '1 hour', 1, 60, next_slot FROM schedules": "work",
}


def test_injected_faults_are_found_and_nothing_else(faults, break_it):
    for statement in FAULTS:
        break_it(statement)
    code, bad = faults()
    assert (code, set(bad)) == (1, set(FAULTS.values()))


def test_a_platform_where_nobody_is_left_is_told(faults, break_it):
    break_it("UPDATE agents SET seen_at = seen_at - interval '1 hour'")
    break_it("DELETE FROM schedules")
    assert set(faults()[1]) == {"workers ingest@a", "schedules"}
    break_it("DELETE FROM agents")
    assert set(faults()[1]) == {"workers", "schedules"}


def test_rows_of_another_schema_are_not_looked_at(faults, break_it):
    break_it("UPDATE alembic_version SET version_num = '9999'")
    code, bad = faults()
    assert (code, set(bad)) == (1, {"schema"})


@pytest.mark.parametrize("days", [1, 2])
def test_counts_whose_time_is_over_are_no_fault(faults, database, healthy, days, monkeypatch):
    now = SystemClock().now()
    monkeypatch.setenv("MENDLINE_ROLLUP_DAYS", str(days))
    old = now - timedelta(days=3)
    with database.transaction() as session:
        partitions.ensure(session, old.date(), old.date())
        store_event(session, healthy, old)
        session.get_one(Issue, healthy).event_count += 1
    retention.clean(database, Keeping(rollup_days=days), now)
    assert faults() == (0, {})


def test_a_missing_day_is_found(faults, break_it, now):
    tomorrow = now.date() + timedelta(days=1)
    break_it(f"DROP TABLE events_{tomorrow:%Y%m%d}")
    code, bad = faults()
    assert (code, bad) == (1, {"partitions": f"none for {tomorrow.isoformat()}"})


def test_what_waits_is_pending_until_it_waits_too_long(faults, database, healthy, now):
    with database.transaction() as session:
        session.add(waiting(now))
        books.post(session, [BookLine(now.date(), 1, "accepted")], writer=2)
    assert faults() == (0, {})
    with database.transaction() as session:
        session.execute(text("UPDATE inbox SET received_at = received_at - interval '1 hour'"))
    code, bad = faults()
    assert (code, set(bad)) == (1, {"inbox"})


def waiting(now):
    return InboxRow(
        project_id=1, event_id=uuid.uuid4(), received_at=now, kind=2, encoding=0, body=b"{}"
    )


def test_a_dead_letter_is_told_but_no_fault(run, database, healthy, now):
    with database.transaction() as session:
        session.add(DeadLetter(capture_key="a", state="open", reason="poison", created_at=now))
    result = run("doctor")
    assert result.exit_code == 0
    assert "1 open" in result.stdout


def test_a_redis_that_is_away_is_told_and_the_rest_looked_at(faults, healthy, monkeypatch):
    monkeypatch.setenv("MENDLINE_REDIS_URL", "redis://:hunter2@127.0.0.1:1/0")
    code, bad = faults()
    assert (code, set(bad)) == (3, {"redis", "queues"})
    assert "hunter2" not in str(bad)


def test_a_database_that_is_away_is_told(faults, healthy, monkeypatch):
    monkeypatch.setenv("MENDLINE_DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:1/x")
    code, bad = faults()
    assert (code, set(bad)) == (3, {"database"})
    assert "hunter2" not in str(bad)


def test_without_any_platform_everything_is_away(faults, monkeypatch):
    monkeypatch.delenv("MENDLINE_DATABASE_URL")
    code, bad = faults()
    assert (code, set(bad)) == (3, {"database", "redis", "queues"})


def test_a_mistyped_setting_is_told(run, healthy, monkeypatch):
    monkeypatch.setenv("MENDLINE_RETENTION_DAY", "1")
    result = run("doctor")
    assert result.exit_code == 0
    assert "not a setting: MENDLINE_RETENTION_DAY" in result.stdout


def test_what_waits_in_the_spool_is_accepted_and_pending(run, healthy, data_dir, now):
    spool = Spool(data_dir / "spool", limit=2**20)
    spool.append([spooled(now), spooled(now)])
    answer = json.loads(run("doctor", "--json").stdout)
    assert (answer["healthy"], answer["books"]["spooled"]) == (True, 2)
    assert (answer["books"]["accepted"], answer["books"]["pending"]) == (3, 2)
    spool.close()


def test_a_spool_that_nobody_drains_is_wrong(faults, healthy, data_dir, now):
    spool = Spool(data_dir / "spool", limit=2**20)
    spool.append([spooled(now), spooled(now - timedelta(hours=1))])
    code, bad = faults()
    assert (code, set(bad)) == (1, {"spool"})
    spool.close()


def spooled(received_at):
    return InboxItem(1, uuid.uuid4(), received_at, Kind.EVENT, Encoding.IDENTITY, b"{}")
