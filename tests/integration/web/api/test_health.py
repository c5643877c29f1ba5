from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from starlette.testclient import TestClient

from core import schedules
from core.model import Agent, Leader
from core.schedules import Job
from core.store.engine import Database
from tasks.queues import Queue
from web.api.app import create_app
from web.api.readiness import readiness


@pytest.fixture
def agent(clock):
    return Agent(pool="ingest", host="a", target=1, running=1, state="steady", seen_at=clock.now())


@pytest.fixture
def platform(rows, agent, database, clock):
    """Everything that readiness looks for."""
    leader = Leader(role="fleet", holder="a", until=clock.now() + timedelta(days=36500))
    rows.add(agent, leader)
    with database.transaction() as session:
        job = Job(name="often", task="x.y", queue=Queue.MAINTENANCE, interval=60)
        schedules.sync(session, [job], clock.now())


def change(database, statement):
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_process_lives_whatever_is_missing(anonymous):
    assert anonymous.get("/livez").json() == {"alive": True}


def test_a_whole_platform_is_ready(anonymous, platform):
    answer = anonymous.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


def test_what_is_missing_is_named(anonymous):
    answer = anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["missing"] == ["workers", "fleet", "beat"]


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("UPDATE agents SET seen_at = seen_at - interval '31 seconds'", "workers"),
        ("UPDATE agents SET running = 0", "workers"),
        ("UPDATE agents SET pool = 'general'", "workers"),
        ("UPDATE leaders SET until = '2026-01-01'", "fleet"),
        ("UPDATE schedules SET next_slot = next_slot - interval '3 minutes'", "beat"),
        ("UPDATE schedules SET paused = true", "beat"),
    ],
)
def test_what_fell_silent_is_missing(services, platform, database, statement, missing):
    assert readiness(services).ready
    change(database, statement)
    assert list(readiness(services).missing) == [missing]


def test_a_day_without_partition_is_told(services, platform, clock, database):
    clock.advance(86_400 * 300)
    missing = readiness(services).missing
    assert "2026-12-26" in missing["partitions"]


def test_a_broker_that_is_away_is_told(services, platform, sender):
    sender.down = True
    assert readiness(services).missing == {"broker": "ML-BRK-0001"}


def test_a_redis_that_is_away_is_told(services, platform):
    away = replace(services, redis=Redis(port=1, retry=None))
    assert readiness(away).missing == {"redis": "ConnectionError"}


def test_an_older_schema_is_told(services, platform, database):
    with database.engine.begin() as connection:
        current = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    change(database, "UPDATE alembic_version SET version_num = '0001'")
    try:
        assert list(readiness(services).missing) == ["schema"]
    finally:
        change(database, f"UPDATE alembic_version SET version_num = '{current}'")


def test_without_a_database_the_rest_is_still_looked_at(services, sender):
    sender.down = True
    away = replace(services, database=Database("postgresql://nobody@127.0.0.1:1/nothing"))
    assert list(readiness(away).missing) == ["database", "broker"]


def test_the_answer_is_kept_for_a_second(anonymous, platform, database, clock):
    assert anonymous.get("/readyz").status_code == 200
    change(database, "DELETE FROM agents")
    assert anonymous.get("/readyz").status_code == 200
    clock.advance(1)
    assert anonymous.get("/readyz").status_code == 503


def from_here(services, **options):
    found = options | {"client": options.get("client", ("127.0.0.1", 5000))}
    return TestClient(create_app(services), **{"base_url": "http://127.0.0.1:8000"} | found)


@pytest.fixture
def local(services):
    settings = services.settings.model_copy(update={"public_url": None})
    return replace(services, settings=settings)


def test_metrics_are_read_with_a_key(reader, anonymous, as_role):
    assert anonymous.get("/metrics").status_code == 401
    answer = reader.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        "mendline_events_accepted", "mendline_events_rejected", "mendline_events_digested",
        "mendline_digest_lag_seconds", "mendline_queue_depth", "mendline_queue_oldest_seconds",
        "mendline_task_seconds", "mendline_pool_processes", "mendline_deadletters_open",
    ):  # fmt: skip
        assert f"# HELP {name}" in answer.text
    assert as_role("ingest").get("/metrics").status_code == 403


def test_a_key_of_one_project_reads_no_metrics(as_role, project):
    assert as_role("admin", project.id).get("/metrics").status_code == 403


def test_metrics_are_open_to_this_host(local):
    assert from_here(local).get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("192.0.2.7", 5000), {}),
        (("127.0.0.1", 5000), {"X-Forwarded-For": "192.0.2.7"}),
        (("127.0.0.1", 5000), {"Forwarded": "for=192.0.2.7"}),
        (("127.0.0.1", 5000), {"Host": "rebound.example"}),
    ],
)
def test_metrics_are_closed_to_others(local, client, headers):
    assert from_here(local, client=client).get("/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "update", [{"public_url": "https://errors.example"}, {"trusted_proxies": ["127.0.0.1"]}]
)
def test_behind_a_proxy_metrics_always_need_a_key(local, update):
    settings = local.settings.model_copy(update=update)
    assert from_here(replace(local, settings=settings)).get("/metrics").status_code == 401


def test_answers_are_timed_by_route(reader):
    reader.get("/api/v1/issues/1")
    page = reader.get("/metrics").text
    line = (
        'mendline_http_request_seconds_count{method="GET",route="/issues/{issue_id}",status="4xx"}'
    )
    assert line in page
