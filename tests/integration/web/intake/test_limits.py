"""What clients are told when there is too much of it, or PostgreSQL is not there."""

import json
import logging
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sentry_sdk
from sqlalchemy import func, select

from core.intake import reader
from core.intake.limits import Limits
from core.model import BookEntry, InboxRow
from tests.integration.core.intake.conftest import item
from tests.integration.web.intake.server import serving, settings


def envelope(*kinds):
    lines = ["{}"]
    for kind in kinds:
        lines += [json.dumps({"type": kind, "length": 2}), "{}"]
    return "\n".join(lines).encode()


def rejected(served, database, reason):
    """In the tally, or in the books already: the first upkeep may come at any moment."""
    waiting = sum(line.count for line in served.service.tally.take() if line.reason == reason)
    with database.transaction() as session:
        entries = select(func.coalesce(func.sum(BookEntry.count), 0)).filter_by(reason=reason)
        return waiting + session.scalar(entries)


@pytest.fixture
def full(database, project, tmp_path):
    configured = settings(database.url, tmp_path, limits=Limits(inbox_rows=3), upkeep_seconds=60)
    with serving(configured) as served:
        served.run(served.service.accept([item(project.id) for _ in range(3)]))
        yield served


def test_a_full_inbox_limits_errors_and_nothing_else(full, project):
    path = f"/api/{project.id}/envelope/?sentry_key={project.key}"
    answer = full.answers.post(path, content=envelope("event"))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "10"
    seconds, categories, scope = answer.headers["X-Sentry-Rate-Limits"].split(":")[:3]
    assert (seconds, categories, scope) == ("10", "error", "organization")
    assert full.answers.post(path, content=envelope("session", "check_in")).status_code == 200


def test_reports_are_limited_as_well_and_all_are_counted(full, project, database):
    path = f"/k/{project.key}/api/errors/batch"
    answer = full.answers.post(path, json=[{"error": "boom"}] * 4)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert rejected(full, database, "inbox_full") == 4


@pytest.mark.parametrize("short", [True, False])
def test_while_memory_is_short_errors_come_one_by_one(full_memory, short, database):
    full_memory.pressure.memory_short = short
    key = full_memory.key
    answer = full_memory.answers.post(f"/k/{key}/api/errors/batch", json=[{"error": "boom"}] * 3)
    assert answer.status_code == (429 if short else 200)
    assert full_memory.answers.post(f"/k/{key}/api/errors", json={"error": "boom"}).is_success
    assert rejected(full_memory, database, "memory_short") == (3 if short else 0)


@pytest.fixture
def full_memory(database, project, tmp_path):
    with serving(settings(database.url, tmp_path, upkeep_seconds=60)) as served:
        served.pressure, served.key = served.service.pressure, project.key
        yield served


@pytest.fixture
def alone(tmp_path):
    """Intake whose PostgreSQL is not there, and never was."""
    url = "postgresql://nobody:nothing@127.0.0.1:9/none"
    with serving(settings(url, tmp_path, limits=Limits(spool=4_000))) as served:
        yield served


def test_a_key_that_cannot_be_checked_is_not_refused(alone):
    path = f"/api/1/envelope/?sentry_key={secrets.token_hex(16)}"
    answer = alone.answers.post(path, content=envelope("event"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "127.0.0.1" not in answer.text


def test_nor_is_an_api_key(alone):
    headers = {"Authorization": "Bearer mend_unknown"}
    answer = alone.answers.post("/api/errors", json={"error": "boom"}, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.fixture
def left_alone(database, project, tmp_path):
    """Intake that once knew its keys, and has lost its PostgreSQL."""
    with serving(settings(database.url, tmp_path)) as served:
        served.answers.get("/")
    url = "postgresql://nobody:nothing@127.0.0.1:9/none"
    configured = settings(url, tmp_path, limits=Limits(spool=4_000), upkeep_seconds=60)
    with serving(configured) as served:
        yield served


def test_known_keys_are_served_from_the_spool(left_alone, project):
    answer = left_alone.answers.post(f"/k/{project.key}/api/errors", json={"error": "boom"})
    assert answer.status_code == 200
    assert left_alone.service.spool.size() > 0


def test_until_that_is_full(left_alone, project):
    report = {"error": "boom", "context": {"a": secrets.token_hex(9_000)}}
    answer = left_alone.answers.post(f"/k/{project.key}/api/errors", json=report)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert left_alone.service.tally.take()[0].reason == "spool_full"


def test_a_spool_that_cannot_be_written_is_told_and_counted(left_alone, project):
    left_alone.service.spool.folder.write_text("no folder")
    answer = left_alone.answers.post(f"/k/{project.key}/api/errors", json={"error": "boom"})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert [line.reason for line in left_alone.service.tally.take()] == ["unavailable"]


def test_of_requests_that_are_refused_together_each_counts_its_own(left_alone, project):
    """They share a write to the spool, and so its failure."""
    sizes = [1, 5, 3]
    with ThreadPoolExecutor() as pool, held_up(left_alone):
        answers = []
        for size in sizes:
            answers.append(pool.submit(too_much, left_alone, project.key, size))
            time.sleep(0.5)
    assert [answer.result() for answer in answers] == [503, 503, 503]
    assert [line.count for line in left_alone.service.tally.take()] == [sum(sizes)]


def too_much(served, key, size):
    reports = [{"error": "boom", "context": {"a": secrets.token_hex(9_000)}}] * size
    return served.answers.post(f"/k/{key}/api/errors/batch", json=reports).status_code


@contextmanager
def held_up(served):
    """Until the end of the block nothing is spooled, so what comes after the first is together."""
    turn = served.service._inbox._spooling
    served.run(turn.acquire())
    yield
    served.run(released(turn))


async def released(turn):
    turn.release()


def test_a_batch_that_one_report_spoils_counts_as_what_it_brought(left_alone, project):
    reports = [{"error": "boom"}] * 4 + [{"what": "?"}]
    answer = left_alone.answers.post(f"/k/{project.key}/api/errors/batch", json=reports)
    assert answer.status_code == 400
    assert [line.count for line in left_alone.service.tally.take()] == [5]


@pytest.mark.parametrize("broken", [ZeroDivisionError, KeyError, TypeError, RecursionError])
def test_advice_that_fails_does_not_lose_the_error(database, project, tmp_path, broken):
    async def advise(_reports):
        raise broken

    with serving(settings(database.url, tmp_path), advise=advise) as served:
        answer = served.answers.post(f"/k/{project.key}/api/errors", json={"error": "boom"})
    assert answer.status_code == 200
    assert answer.json()["recovery_action"]["action"] == "none"


def test_advice_is_told(database, project, tmp_path):
    async def advise(reports):
        return [{"action": "retry", "reason": text(each)} for each in reports]

    def text(reported):
        return f"{reported.event['logentry']['formatted']} {reported.attempt}"

    with serving(settings(database.url, tmp_path), advise=advise) as served:
        path = f"/k/{project.key}/api/errors"
        answer = served.answers.post(path, json={"error": "boom", "attempt": 3})
    assert answer.json()["recovery_action"] == {"action": "retry", "reason": "boom 3"}


def test_the_real_sdk_delivers(shared, database):
    """`sentry_sdk`'s own transport, with its own compression."""
    host = shared.url.removeprefix("http://")
    client = sentry_sdk.Client(dsn=f"http://{shared.key}@{host}/{shared.project}")
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            event_id = scope.capture_exception(error)
    client.close(timeout=10)
    logging.getLogger("sentry_sdk.errors").handlers.clear()
    assert received(shared, event_id) == "ZeroDivisionError"


def received(shared, event_id):
    with shared.database.transaction() as session:
        row = session.query(InboxRow).filter_by(event_id=uuid.UUID(event_id)).one()
        return reader.read(row).event["exception"]["values"][0]["type"]
