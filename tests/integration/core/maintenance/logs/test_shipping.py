import json

import psycopg
import pytest
from sqlalchemy import select, text

from core.maintenance.logs.line import Shape
from core.maintenance.logs.shipping import Shipper
from core.model import LogLine
from core.store.engine import Database, libpq_url


@pytest.fixture
def shipper(database_url, clock):
    made = Shipper(lambda: libpq_url(database_url), Shape("here", {"token"}), clock=clock)
    yield made
    made.close()


def line(**values):
    return json.dumps({"event": "test.told", "level": "info", **values}).encode() + b"\n"


def stored(database: Database):
    with database.transaction() as session:
        found = session.scalars(select(LogLine).order_by(LogLine.id)).all()
        session.expunge_all()
        return found


def test_lines_arrive_in_their_order(database, shipper):
    for number in range(1_200):
        shipper.put(line(number=number))
    assert shipper.ship() == 1_200
    found = stored(database)
    assert [each.fields["number"] for each in found] == list(range(1_200))
    assert {each.host for each in found} == {"here"}


def test_no_secret_is_in_a_row(database, shipper):
    shipper.put(line(deep={"token": "s3cret"}))
    shipper.ship()
    assert stored(database)[0].fields == {"deep": {"token": "[masked]"}}


def test_what_does_not_fit_is_dropped_and_told(database, database_url, clock):
    narrow = Shipper(lambda: libpq_url(database_url), Shape("here"), clock=clock, room=200)
    for number in range(10):
        narrow.put(line(number=number))
    kept = 10 - narrow.dropped
    narrow.close()
    *lines, told = stored(database)
    assert 0 < len(lines) == kept < 10
    assert (told.event, told.level, told.fields) == ("logs.dropped", 30, {"lines": 10 - kept})


def test_lines_wait_while_the_database_is_away(database, database_url, clock):
    address = ["postgresql://127.0.0.1:1/nothing"]
    shipper = Shipper(lambda: address[0], Shape("here"), clock=clock)
    shipper.put(line(number=1))
    assert shipper.ship() == 0
    address[0] = libpq_url(database_url)
    assert shipper.ship() == 0, "it pauses first"
    clock.advance(2)
    shipper.put(line(number=2))
    assert shipper.ship() == 2
    assert shipper.dropped == 0
    shipper.close()


def test_a_connection_that_broke_loses_nothing(database, shipper, clock):
    shipper.put(line(number=1))
    shipper.ship()
    with database.transaction() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'mendline-logs' AND datname = current_database()"
            )
        )
    shipper.put(line(number=2))
    shipper.ship()
    clock.advance(2)
    shipper.ship()
    assert [each.fields["number"] for each in stored(database)] == [1, 2]


def test_before_the_first_migration_lines_wait(empty_database_url, clock):
    shipper = Shipper(lambda: empty_database_url, Shape("here"), clock=clock)
    shipper.put(line())
    assert (shipper.ship(), shipper.dropped) == (0, 0)
    shipper.close()


def test_whoever_follows_misses_none_of_two_writers(database_url, shipper, clock):
    """The second waits for the first to commit, so its ids are greater."""
    shipper.put(line(number=1))
    shipper.ship()
    with psycopg.connect(libpq_url(database_url)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x4D454C47])
        shipper.put(line(number=2))
        assert shipper.ship() == 0
