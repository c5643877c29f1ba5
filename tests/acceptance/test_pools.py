"""Sizes and restarts of pools, from the shell down to the processes of a running platform."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.store.engine import Database
from core.store.work import WorkOrder, add
from tests.acceptance.platform import eventually

BULK = 1_000
LEFT = text("""
    SELECT count(*) FILTER (WHERE priority = 9 AND state = 'waiting') FROM work_items
    HAVING bool_or(id = :id AND state = 'done')""")


def ask(platform, *arguments):
    result = platform.mendline("fleet", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def host(api, pool):
    (found,) = [each for each in api.get("/api/v1/fleet").json() if each["pool"] == pool]
    return found


def test_a_size_that_is_set_reaches_the_processes_and_goes_again(platform, api):
    ask(platform, "scale", "general", "3")
    eventually(lambda: host(api, "general")["detail"]["children"] == 3)
    (status,) = [each for each in ask(platform, "status") if each["pool"] == "general"]
    assert (status["target"], status["override"]["children"]) == (3, 3)
    ask(platform, "scale", "general", "--auto")
    eventually(lambda: api.get("/api/v1/fleet/scale/general").json()["kind"] != "set")
    kinds = [each["kind"] for each in ask(platform, "decisions", "--pool", "general")]
    assert "set" in kinds


def test_a_restart_replaces_the_process(platform, api):
    before = list(host(api, "general")["detail"]["processes"])
    ask(platform, "restart", "general")

    def replaced():
        found = host(api, "general")
        return found["detail"]["processes"].keys().isdisjoint(before) and found["running"] == 1

    eventually(replaced)


def test_every_pool_is_looked_at_and_has_a_number_for_autoscalers(platform, api):
    eventually(lambda: host(api, "critical")["running"] == 1)
    for pool in ("ingest", "general", "critical"):
        answer = api.get(f"/api/v1/fleet/scale/{pool}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["wanted"] >= 0


@pytest.fixture
def bulk(platform):
    """Much work of low priority; the rest of it is taken back."""
    database = Database(platform.credentials["database_url"], application="tests")
    with database.transaction() as session:
        for _ in range(BULK):
            add(session, order(9), datetime.now(UTC))
    yield database
    with database.transaction() as session:
        session.execute(text("DELETE FROM work_items WHERE priority = 9 AND state = 'waiting'"))
    database.dispose()


def order(priority):
    return WorkOrder("maintenance.tidy_runs", {}, "maintenance", priority)


def test_critical_work_is_done_while_a_backlog_waits(bulk):
    with bulk.transaction() as session:
        work_id = add(session, order(0), datetime.now(UTC)).work_id

    def left():
        """Of the backlog, as soon as the critical item is done."""
        with bulk.transaction() as session:
            return session.execute(LEFT, {"id": work_id}).scalar_one_or_none()

    assert eventually(left) > BULK / 2
