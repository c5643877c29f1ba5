"""What an open breaker does in rows: history, holds, signals, and what operators force."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from config import breakers as loading
from core.access.audit import Actor
from core.errors import DatabaseUnavailableError, UnprocessableError
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.model import AuditEntry, Signal, WorkHold
from core.resilience.breaker import RowChronicle, State, UnknownBreakerError
from core.resilience.breaker.chronicle import Shift
from core.resilience.breaker.rows import recorded
from core.resilience.breaker.settings import BreakerSettings
from core.resilience.breaker.standing import begun
from core.resilience.breaker.transition import Tally, due, forced, in_effect, opened
from core.store.engine import Database
from tests.conftest import NOON
from tests.integration.core.resilience.worlds import LEDGER

DESK = Desk(loading.book(), LEDGER)
ME = Actor("me")
LATER = NOON + timedelta(seconds=30)


@pytest.fixture
def chronicle(database):
    return RowChronicle(database, LEDGER)


@pytest.fixture
def open_one(chronicle):
    first = chronicle.begin(begun("pay", NOON), None).standing
    opening = opened(first, [Tally("here", 5, 5)], BreakerSettings(), NOON)
    assert chronicle.record(Shift(first, opening, target="db:pay"))
    standing = in_effect(opening, NOON)
    assert chronicle.record(Shift(opening, standing, target="db:pay"))
    return standing


def holds(database):
    with database.transaction() as session:
        return {hold.target: hold.until for hold in session.scalars(select(WorkHold))}


def signals(database):
    with database.transaction() as session:
        return [each.kind for each in session.scalars(select(Signal).order_by(Signal.id))]


def test_an_open_one_holds_its_work_until_its_retry_time(database, open_one):
    assert holds(database) == {"db:pay": LATER}
    assert signals(database) == ["breaker_opened"]


def test_what_is_decided_holds_its_work_and_tells_nobody(database, chronicle):
    first = chronicle.begin(begun("pay", NOON), None).standing
    opening = opened(first, [Tally("here", 5, 5)], BreakerSettings(), NOON)
    assert chronicle.record(Shift(first, opening, target="pay"))
    assert holds(database) == {"pay": LATER}
    closed = forced(opening, State.CLOSED, NOON, why="reset")
    assert chronicle.record(Shift(opening, closed, target="pay"))
    assert (holds(database), signals(database)) == ({}, [])


def test_who_forced_it_is_still_known_once_it_is_in_effect(database, chronicle):
    with database.transaction() as session:
        row = breaking.force(session, Wish("pay", State.FORCED_OPEN), ME, desk=DESK, now=NOON)
        opening = recorded(row).standing
    assert chronicle.record(Shift(opening, in_effect(opening, NOON), target="pay"))
    with database.transaction() as session:
        found = breaking.get(session, "pay")
        assert (found.state, found.author) == ("forced_open", "me")


def test_closing_releases(database, chronicle, open_one):
    half = due(open_one, LATER)
    assert chronicle.record(Shift(open_one, half, target="db:pay"))
    assert holds(database)["db:pay"] == LATER + timedelta(seconds=1)
    closed = forced(half, State.CLOSED, LATER, why="well")
    assert chronicle.record(Shift(half, closed, target="db:pay"))
    assert holds(database) == {}
    assert signals(database) == ["breaker_opened", "breaker_closed"]


def test_metrics_only_holds_nothing(database, chronicle):
    first = chronicle.begin(begun("pay", NOON), None).standing
    standing = opened(first, [Tally("here", 5, 5)], BreakerSettings(), NOON)
    chronicle.record(Shift(first, standing, target="pay", holds=False))
    assert holds(database) == {}


def test_the_second_to_decide_the_same_writes_nothing(database, chronicle, open_one):
    again = Shift(begun("pay", NOON), open_one, target="db:pay")
    assert not chronicle.record(again)
    assert signals(database) == ["breaker_opened"]


def test_rows_that_cannot_be_reached():
    away = Database("postgresql://nobody@127.0.0.1:1/none", application="tests")
    with pytest.raises(DatabaseUnavailableError):
        RowChronicle(away, LEDGER).recall(["pay"])


def test_forcing_writes_who_and_why(database):
    wish = Wish("pay", State.FORCED_OPEN, "drill", until=LATER)
    with database.transaction() as session:
        row = breaking.force(session, wish, ME, desk=DESK, now=NOON)
        assert (row.state, row.version, row.author) == ("forced_opening", 2, "me")
        audit = session.scalars(select(AuditEntry)).one()
        assert (audit.act, audit.detail["why"]) == ("breaker.open", "drill")
    assert holds(database) == {"pay": LATER}


def test_forcing_goes_beyond_what_the_shared_state_knows(database):
    known = forced(begun("pay", NOON), State.CLOSED, NOON, why="")
    wish = Wish("pay", State.FORCED_CLOSED)
    with database.transaction() as session:
        row = breaking.force(session, wish, ME, desk=DESK, now=NOON, known=known)
        assert row.version == 3


def test_a_time_that_is_over(database):
    wish = Wish("pay", State.FORCED_OPEN, until=NOON)
    with database.transaction() as session, pytest.raises(UnprocessableError):
        breaking.force(session, wish, ME, desk=DESK, now=NOON)


def test_a_breaker_that_is_not_there(database):
    with database.transaction() as session, pytest.raises(UnknownBreakerError):
        breaking.get(session, "pay")


def test_history_is_kept_for_a_time(database, open_one):
    with database.transaction() as session:
        found = session.execute(text("SELECT old, new, detail FROM breaker_transitions")).all()
        assert [tuple(each) for each in found] == [
            ("closed", "opening", {}),
            ("opening", "open", {}),
        ]
