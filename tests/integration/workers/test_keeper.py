import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.store.deadletters import Capture
from core.store.engine import Database
from core.store.work import WorkOrder
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from workers.keeper import Keeper

ORDER = WorkOrder("t.do", {}, "maintenance", unique_key="message-m1")


@pytest.fixture
def keeper(database):
    return Keeper(database, "w1")


@pytest.fixture
def nobody(database):
    """A keeper whose database is away."""
    away = Database("postgresql://u:p@127.0.0.1:1/none")
    yield Keeper(away, "w1")
    away.dispose()


@pytest.fixture
def column(database):
    def read(statement):
        with database.transaction() as session:
            return session.scalars(text(statement)).all()

    return read


def test_running_work_is_renewed_and_abandoned(database, keeper, column):
    ledger = Ledger(database, MemorySender(), SystemClock())
    with database.transaction() as session:
        work_id = ledger.add(session, ORDER)
    ledger.start(work_id, task="t.do", message_id="m", worker="w1")
    assert keeper.renew([work_id])
    assert column("SELECT lease_until > clock_timestamp() FROM work_items") == [True]
    assert keeper.abandon(work_id, "worker_lost")
    assert column("SELECT lease_until <= clock_timestamp() FROM work_items") == [True]


def test_enrolled_message_is_one_row(keeper, column):
    assert keeper.enrol(ORDER)
    assert keeper.enrol(ORDER)
    assert column("SELECT state FROM work_items") == ["waiting"]


def test_buried_message_is_a_letter(keeper, column):
    assert keeper.bury(Capture("message-m1", "refused"))
    assert column("SELECT reason FROM dead_letters") == ["refused"]


def test_with_the_database_away_it_says_so(nobody):
    assert not nobody.renew([1])
    assert not nobody.abandon(1, "worker_lost")
    assert not nobody.enrol(ORDER)
    assert not nobody.bury(Capture("message-m1", "refused"))


def test_a_statement_that_hangs_is_given_up(database, keeper):
    with database.transaction() as session:
        session.execute(text("LOCK TABLE dead_letters"))
        assert not keeper.bury(Capture("message-m1", "refused"))
