"""Rows that end the process which digests them."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.analysis import CURRENT
from core.digest.batch import Digester
from core.digest.flights import MOST_ALONE
from core.digest.poison import STANDSTILL_SECONDS
from core.model import DeadLetter
from core.store.engine import driver_connection
from tests.benchmarks import events
from tests.integration.core.digest.world import failure

POISON = "LethalError"


class ProcessEndedError(BaseException):
    """As if the process were gone: nothing of ours catches it."""


def lethal(event, knowledge, rules):
    if event["exception"]["values"][0]["type"] == POISON:
        raise ProcessEndedError
    return CURRENT.analyse(event, knowledge, rules)


@pytest.fixture
def digester(world):
    means = replace(world.means(), algorithm=CURRENT._replace(analyse=lethal))
    return Digester(means, world.rules, writer=1)


def survive(world, digester):
    """Digests as a fleet does that starts a new process for each that was lost."""
    lost = 0
    while True:
        try:
            world.digest(digester)
        except ProcessEndedError:
            lost += 1
        else:
            return lost


def flights(world):
    return world.rows("SELECT rows, alone FROM digest_flights ORDER BY id")


def test_a_batch_that_lands_leaves_no_flight(world):
    world.put(failure(1))
    world.digest()
    assert flights(world) == []


def test_a_row_that_ends_its_process_is_stored_unread_and_the_others_as_ever(world, digester):
    world.put(failure(1), failure(2, kind=POISON), failure(3))
    assert survive(world, digester) == 1 + MOST_ALONE
    assert world.document(2)["analysis"]["tags"] == ["undigestible"]
    assert "extra" not in world.document(2)["event"]
    assert world.document(3)["analysis"]["title"].startswith("ValueError")
    totals = world.totals()
    assert (totals.stored, totals.pending, totals.missing) == (3, 0, 0)
    assert flights(world) == []


def test_a_row_that_came_alone_is_tried_as_often(world, digester):
    world.put(failure(1, kind=POISON))
    assert survive(world, digester) == MOST_ALONE


def test_the_event_is_a_dead_letter_as_it_came(world, digester, database):
    world.put(failure(1, kind=POISON))
    survive(world, digester)
    with database.transaction() as session:
        (letter,) = session.query(DeadLetter).all()
    assert (letter.reason, letter.attempts) == ("poison", MOST_ALONE)
    assert letter.project_id == world.project
    assert POISON.encode() in letter.raw


def test_others_go_on_while_suspects_wait(world, digester):
    world.put(failure(1), failure(2, kind=POISON))
    with pytest.raises(ProcessEndedError):
        digester.batch()
    world.put(failure(3))
    first = world.one("SELECT min(id) FROM inbox")
    with world.database.transaction() as session:
        connection = driver_connection(session)
        claimed = digester._inbox.claim(connection, 10)
    assert [row.id for row in claimed] == [first + 2]


def test_a_flight_under_way_is_left_alone(world, digester):
    """Its lock is held by a transaction that lives."""
    world.put(failure(1, kind=POISON))
    with pytest.raises(ProcessEndedError):
        digester.batch()
    ((flight,),) = world.rows("SELECT id FROM digest_flights")
    with psycopg.connect(world.database.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x464C4947, flight])
        assert digester.batch().rows == 0
    assert world.one("SELECT count(*) FROM inbox") == 1


def test_conflicts_are_no_fault_of_the_rows(world):
    """A missing partition is made, and the batch is tried again."""
    world.put(failure(1), received_at=world.clock.now().replace(year=2031))
    world.digest()
    assert world.totals().stored == 1
    assert flights(world) == []


def test_a_database_that_goes_away_is_no_fault_of_the_rows(world):
    digester = world.digester()
    world.put(failure(1), failure(2))
    asked = digester._understanding

    def cut_off(connection, known):
        with psycopg.connect(world.database.url, autocommit=True) as other:
            pid = connection.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        return asked(connection, known)

    digester._understanding = cut_off
    with pytest.raises((psycopg.OperationalError, OperationalError)):
        digester.batch()
    assert flights(world) == []


def test_a_row_that_outlasts_its_connection_is_stored_unread_and_the_others_as_ever(world):
    """PostgreSQL ends a transaction that stands still."""

    def slow(event, knowledge, rules):
        if event["exception"]["values"][0]["type"] == "SlowError":
            world.clock.advance(STANDSTILL_SECONDS)
            world.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
        return CURRENT.analyse(event, knowledge, rules)

    means = replace(world.means(), algorithm=CURRENT._replace(analyse=slow))
    digester = Digester(means, world.rules, writer=1)
    world.put(failure(1), failure(2, kind="SlowError"), failure(3))
    for _ in range(1 + MOST_ALONE):
        with pytest.raises((psycopg.OperationalError, OperationalError)):
            world.digest(digester)
    world.digest(digester)
    assert world.document(2)["analysis"]["tags"] == ["undigestible"]
    assert world.document(3)["analysis"]["title"].startswith("ValueError")
    assert (world.totals().stored, world.totals().pending, flights(world)) == (3, 0, [])


KILLED = """
import os, signal, sys
from dataclasses import replace
from core.analysis import CURRENT
from core.clock import FixedClock
from core.digest.batch import Digester
from core.store.engine import Database
from tests.conftest import NOON
from tests.integration.core.digest.world import World

world = World(Database(sys.argv[1]), FixedClock(NOON))
die = CURRENT._replace(analyse=lambda *_: os.kill(os.getpid(), signal.SIGSEGV))
Digester(replace(world.means(), algorithm=die), world.rules, writer=2).batch()
"""

LANDING = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = {0x464C4947}"


def test_a_process_that_is_killed_is_seen_by_the_next(world, database_url):
    world.put(failure(1), failure(2))
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url], check=False)
    assert killed.returncode == -signal.SIGSEGV
    ((rows, alone),) = flights(world)
    assert (len(rows), alone) == (2, 0)
    while world.rows(LANDING):  # the server learns of the death a moment later
        time.sleep(0.01)
    world.digest()
    assert world.totals().stored == 2
    assert world.event(1).level == "error"
    with world.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM digest_flights")) == 0


def test_ids_of_events_stay_what_they_were(world, digester):
    world.put(failure(1, kind=POISON))
    survive(world, digester)
    assert world.document(1)["event"]["event_id"] == events.event_id(1).hex
