import pytest
from sqlalchemy import select

from core.model import WorkHold
from core.store import agents
from core.store.bands import LOW_PRIORITY
from core.store.heartbeat import Heartbeat
from core.store.work import WorkOrder
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from workers.pressure import HELD, Pressure


@pytest.fixture
def report(database, clock):
    def write(memory, host="a"):
        heartbeat = Heartbeat(
            pool="general",
            host=host,
            target=1,
            running=1,
            state="running",
            detail={"machine": {"memory": memory}},
        )
        with database.transaction() as session:
            agents.report(session, heartbeat, now=clock.now())

    return write


def held(database):
    with database.transaction() as session:
        return {row.target: row.reason for row in session.scalars(select(WorkHold))}


@pytest.mark.parametrize(
    ("memory", "holds"), [("easy", False), ("high", False), ("critical", True)]
)
def test_work_of_low_priority_waits_while_memory_is_critically_short(
    database, clock, report, memory, holds
):
    report(memory)
    Pressure(database, clock).relieve()
    assert (LOW_PRIORITY in held(database)) is holds


def test_it_goes_on_as_soon_as_there_is_memory_again(database, clock, report):
    pressure = Pressure(database, clock)
    report("critical", "b")
    report("easy", "a")
    pressure.relieve()
    assert held(database) == {LOW_PRIORITY: "memory is critically short on b"}
    report("high", "b")
    pressure.relieve()
    assert held(database) == {}


def test_what_a_dead_controller_held_ends_by_itself(database, clock, report):
    report("critical")
    Pressure(database, clock).relieve()
    with database.transaction() as session:
        assert session.scalars(select(WorkHold.until)).one() == clock.now() + HELD


def test_holds_of_others_are_left_alone(database, clock, report):
    report("easy")
    with database.transaction() as session:
        until = clock.now() + HELD
        session.add(WorkHold(target=LOW_PRIORITY, holder="me", until=until, reason="by hand"))
    pressure = Pressure(database, clock)
    for memory in ("easy", "critical", "easy"):
        report(memory)
        pressure.relieve()
    assert held(database) == {LOW_PRIORITY: "by hand"}


def test_only_the_last_two_bands_wait(database, clock, report):
    sender = MemorySender()
    ledger = Ledger(database, sender, clock)
    report("critical")
    Pressure(database, clock).relieve()
    with database.transaction() as session:
        for priority in (0, 5, 6, 9):
            order = WorkOrder("t.do", {"priority": priority}, "alerts", priority)
            ledger.add(session, order)
    ledger.dispatch_due()
    assert sorted(message.priority for message in sender.messages) == [0, 5]
    clock.advance(HELD.total_seconds() + 1)
    ledger.dispatch_due()
    assert len(sender.messages) == 4
