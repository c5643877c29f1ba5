"""Letters, and what sends them again, on a real database."""

import pytest

from core.access.audit import Actor
from core.deadletters import Capture, Edit, Means, capture, get, replay
from core.errors import InvalidInputError, report
from core.work.ledger import Ledger
from core.work.sender import MemorySender


@pytest.fixture
def captured(database, clock):
    def write(key="k1", **options):
        values = {
            "reason": "permanent",
            "task": "mail.send",
            "queue": "alerts",
            "arguments": {"args": [], "kwargs": {"to": "ops", "password": "hunter2"}},
            "error": report(InvalidInputError("no such address")),
            **options,
        }
        with database.transaction() as session:
            return capture(session, Capture(capture_key=key, **values), clock.now())

    return write


@pytest.fixture
def ledger(database, clock):
    return Ledger(database, MemorySender(), clock)


@pytest.fixture
def means(ledger):
    def cancel(session, work_id):
        return ledger.cancel(session, work_id, reason="recalled")

    return Means(ledger.add, cancel, {"shop"}, {"alerts", "recovery"})


@pytest.fixture
def read(database):
    def letter(letter_id):
        with database.transaction() as session:
            return get(session, letter_id)

    return letter


@pytest.fixture
def replayed(database, means, clock):
    def send(letter_id, **changes):
        with database.transaction() as session:
            return replay(
                session,
                letter_id,
                means=means,
                actor=Actor("ops"),
                now=clock.now(),
                changes=Edit(**changes),
            )

    return send
