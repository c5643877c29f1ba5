"""A failure on its way through running workers: told, planned, sent again, verified."""

from datetime import UTC, datetime

import orjson
import pytest
from kombu import Connection
from sqlalchemy import select, text

from core.model import Recovery, RecoveryAttempt, Signal
from core.recovery.rulebook import Place, put
from core.recovery.vocabulary import words
from core.store import projects
from core.store.payloads import Payloads
from core.store.signals import NewSignal, SignalKind, add
from tests.integration.core.rows import add_event, add_issue
from tests.integration.tasks.conftest import wait_until

POLICY = """
[modes]
resend_task = "auto"
[verification]
after = 0.2
every = 0.2
hold = 0.5
[[rule]]
name = "again"
strategies = ["retry", "escalate"]
"""


@pytest.fixture(scope="module")
def project(database):
    now = datetime.now(UTC)
    with database.transaction() as session:
        found = projects.create(session, "shop", now=now)[0].id
        put(session, Place(found), POLICY, words=words(), author="test", now=now)
    return found


@pytest.fixture(scope="module")
def shop(redis_server, start, database, environment):
    """A worker that knows the broker of the application; nobody consumes there."""
    url = environment["MENDLINE_REDIS_URL"].rpartition("/")[0] + "/8"
    arguments = ["-n", "mending@test", "-c", "1", "-l", "INFO", "--without-mingle"]
    brokers = {"MENDLINE_BROKERS": orjson.dumps({"shop": url}).decode()}
    start("mending", "celery", "-A", "tasks.app", "worker", *arguments, **brokers).says(" ready.")
    return url


def fail(database, project, **replay):
    """As the digest stores it, with its signal."""
    now = datetime.now(UTC)
    document = {"event": {"contexts": {"mendline": {"replay": replay}}}, "analysis": {}}
    with database.transaction() as session:
        issue = add_issue(session, project, category="connection", transient=True, last_seen=now)
        packed = Payloads().pack(session, orjson.dumps(document), None)
        values = {"category": "connection", "transient": True, "payload": packed}
        event_id = add_event(session, issue, now, component="checkout", **values)
        detail = {"operations": [event_id.hex]}
        add(session, [NewSignal(project, issue.id, SignalKind.RECOVERABLE, now, detail)])
    return event_id


def test_work_that_failed_is_sent_again_to_its_own_broker_and_seen_to_be_well(
    house, sender, database, project, shop
):
    event_id = fail(database, project, task="shop.pay", queue="pay", args=[7], broker="shop")
    sender.wake("recovery.plan", queue="recovery", priority=2)

    def ended():
        house.fleet()
        return house.rows(Recovery, event_id=event_id, state="recovered")

    (recovery,) = wait_until(ended, lambda: told(database))
    (attempt,) = house.rows(RecoveryAttempt, recovery_id=recovery.id)
    assert (attempt.state, attempt.action) == ("verified", "resend_task")
    with Connection(shop) as connection:
        message = taken(connection, "pay")
    assert message.headers["task"] == "shop.pay"
    assert message.payload[0] == [7]
    assert house.rows(Signal, kind="recovered")


def taken(connection, queue):
    """The one message that is there; of an empty queue nothing is left on Redis."""
    with connection.SimpleQueue(queue) as waiting:
        message = waiting.get(timeout=5)
        message.ack()
        with pytest.raises(waiting.Empty):
            waiting.get(timeout=0.2)
    return message


def told(database):
    with database.transaction() as session:
        found = session.execute(text("SELECT state, reason FROM recoveries")).all()
        tried = session.execute(text("SELECT state, reason, summary FROM recovery_attempts")).all()
        work = session.execute(text("SELECT task, state, history FROM work_items")).all()
        left = session.scalars(select(Signal.kind).where(Signal.processed_at.is_(None))).all()
    return found, tried, work, left
