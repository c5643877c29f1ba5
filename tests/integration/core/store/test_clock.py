from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.store.clock import ASK_AGAIN, ASK_EVERY, DatabaseClock
from core.store.engine import Database

WRONG = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def own():
    return FixedClock(WRONG)


def by_the_database(database):
    with database.transaction() as session:
        return session.scalar(text("SELECT clock_timestamp()"))


def test_the_clock_of_the_host_does_not_matter(database, own):
    clock = DatabaseClock(database, own)
    before = by_the_database(database)
    assert before <= clock.now() <= by_the_database(database)


def test_in_between_the_monotonic_clock_carries_it_on(database, own):
    clock = DatabaseClock(database, own)
    first = clock.now()
    own.advance(ASK_EVERY / 2)
    assert clock.now() == first + timedelta(seconds=ASK_EVERY / 2)


def test_it_asks_again_after_a_while(database, own):
    clock = DatabaseClock(database, own)
    clock.now()
    own.advance(ASK_EVERY)
    assert clock.now() <= by_the_database(database)


def test_without_a_database_it_is_the_time_of_the_host_or_goes_on(database, own):
    absent = Database("postgresql://nobody@127.0.0.1:1/none")
    clock = DatabaseClock(absent, own)
    assert clock.now() == WRONG
    clock._database = database
    own.advance(ASK_AGAIN)
    told = clock.now()
    clock._database = absent
    own.advance(ASK_EVERY)
    assert clock.now() == told + timedelta(seconds=ASK_EVERY)
