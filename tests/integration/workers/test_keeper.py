from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.clock import FixedClock, SystemClock
from core.deadletters.refusal import RevokedError
from core.deadletters.spooled import LetterSpool
from core.errors import report
from core.store.deadletters import Capture
from core.store.engine import Database
from core.store.work import WorkOrder
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from workers.keeper import Keeper

ORDER = WorkOrder("t.do", {}, "maintenance", unique_key="message-m1")


LETTER = Capture("message-m1", "refused", raw=b"\x00\xff")


@pytest.fixture
def spool(tmp_path):
    return LetterSpool(tmp_path / "letters", limit=2**20)


@pytest.fixture
def keeper(database, spool):
    return Keeper(database, "w1", spool)


@pytest.fixture
def nobody(spool):
    """A keeper whose database is away."""
    away = Database("postgresql://u:p@127.0.0.1:1/none")
    yield Keeper(away, "w1", spool)
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


def test_what_is_enrolled_is_due_by_the_clock_of_the_database(keeper, column):
    keeper._clock = FixedClock(datetime(2101, 1, 1, tzinfo=UTC))
    assert keeper.enrol(ORDER)
    assert column("SELECT due_at <= clock_timestamp() FROM work_items") == [True]


def test_buried_message_is_a_letter(keeper, column):
    assert keeper.bury(LETTER)
    assert column("SELECT reason FROM dead_letters") == ["refused"]


def test_with_the_database_away_it_says_so(nobody):
    assert not nobody.renew([1])
    assert not nobody.abandon(1, "worker_lost")
    assert nobody.delivered("message-m1") is None


def test_with_the_database_away_letters_and_orders_go_to_disk(nobody, keeper, column, spool):
    assert nobody.bury(LETTER)
    assert nobody.enrol(ORDER)
    assert spool.waiting().files == 2
    keeper.drain()
    assert column("SELECT raw FROM dead_letters") == [LETTER.raw]
    assert column("SELECT unique_key FROM work_items") == ["message-m1"]
    assert spool.waiting().files == 0


def test_what_was_kept_on_disk_waits_while_the_database_is_away(nobody, spool):
    nobody.bury(LETTER)
    nobody.drain()
    assert spool.waiting().files == 1


def test_with_the_disk_gone_too_nothing_takes_it(nobody, spool):
    spool.folder.write_text("no folder")
    assert not nobody.bury(LETTER)
    assert not nobody.enrol(ORDER)


def test_a_statement_that_hangs_is_given_up(database, keeper, spool):
    with database.transaction() as session:
        session.execute(text("LOCK TABLE dead_letters"))
        assert keeper.bury(LETTER)
    assert spool.waiting().files == 1


def test_deliveries_are_counted_until_the_message_is_settled(keeper):
    assert [keeper.delivered("k") for _ in range(3)] == [1, 2, 3]
    assert keeper.settled("k")
    assert keeper.delivered("k") == 1


@pytest.mark.parametrize("started", [False, True])
def test_revoked_work_ends_with_a_letter_that_can_be_replayed(database, keeper, column, started):
    ledger = Ledger(database, MemorySender(), SystemClock())
    with database.transaction() as session:
        work_id = ledger.add(session, ORDER)
    if started:
        ledger.start(work_id, task="t.do", message_id="m", worker="w1")
    assert keeper.revoke(work_id, report(RevokedError()))
    assert column("SELECT reason FROM dead_letters") == ["revoked"]
    assert column("SELECT state FROM work_items") == ["dead" if started else "cancelled"]
    assert not ledger.start(work_id, task="t.do", message_id="m", worker="w2")
