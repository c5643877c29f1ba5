"""The controller's look, decision and order, on rows as agents write them."""

import uuid
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from core.model import Agent, InboxRow, PoolLoad, ScaleDecision
from core.store import agents, fleet
from core.store.fleet import Wish
from core.store.heartbeat import Heartbeat
from core.store.work import WorkOrder, add
from core.work import holds
from core.work.sender import MemorySender, WorkMessage
from workers import gauges
from workers.lookout import Lookout
from workers.pools import load
from workers.targets import Targets

GIGABYTE = 2**30
CHILD = 100 * 2**20


@pytest.fixture
def sender():
    return MemorySender()


@pytest.fixture
def targets(database, sender, clock):
    known = load()
    return Targets(database, known, Lookout(known, sender, clock, batch=500), clock)


class Fleet:
    """Agents that obey at once."""

    def __init__(self, database, clock):
        self.database = database
        self.clock = clock
        self.finished = 0

    def report(self, pool="general", host="a", *, target=1, busy=0, memory=0.1, **detail):
        children = self.target(pool, host) or target
        machine = {
            "memory_bytes": 8 * GIGABYTE,
            "memory_used_bytes": int(memory * 8 * GIGABYTE) + self.grown(host) * CHILD,
            "processors": 2,
            "processors_used": 0.5,
        }
        told = {
            "children": children,
            "busy": busy,
            "finished": self.finished,
            "least": 1,
            "most": 8,
            "child_bytes": CHILD,
            "machine": machine,
        }
        heartbeat = Heartbeat(
            pool=pool,
            host=host,
            target=target,
            running=1,
            state="running",
            detail=told | detail,
        )
        with self.database.transaction() as session:
            agents.report(session, heartbeat, now=self.clock.now())

    def target(self, pool="general", host="a"):
        with self.database.transaction() as session:
            row = session.get(Agent, (pool, host))
            return row and row.target

    def grown(self, host):
        """Children beyond the first of each pool of the host; each takes memory."""
        with self.database.transaction() as session:
            return sum(agent.target - 1 for agent in agents.every(session) if agent.host == host)

    def order(self, count, **changes):
        with self.database.transaction() as session:
            for _ in range(count):
                add(session, WorkOrder("t.do", {}, "alerts", **changes), self.clock.now())

    def decisions(self):
        with self.database.transaction() as session:
            return list(session.scalars(select(ScaleDecision).order_by(ScaleDecision.id)))

    def load(self, pool="general"):
        with self.database.transaction() as session:
            return session.get(PoolLoad, pool)


@pytest.fixture
def house(database, clock):
    return Fleet(database, clock)


def ticks(house, targets, number, **told):
    for _ in range(number):
        house.report(**told)
        targets.write()
        house.clock.advance(1)


def test_a_backlog_makes_the_pool_leap(house, targets):
    house.order(200)
    seen = []
    for _ in range(5):
        ticks(house, targets, 1, busy=1)
        seen.append(house.target())
    assert seen == [8, 8, 8, 8, 8]


def test_what_grows_is_looked_at_again_soon(house, targets):
    house.order(200)
    house.report(busy=1)
    assert targets.write() == 0.5
    for _ in range(4):
        house.report(busy=2)
        again = targets.write()
        house.clock.advance(0.5)
    assert again == 1.0


def test_every_change_is_a_row_with_its_reason_and_its_inputs(house, targets):
    house.order(80)
    ticks(house, targets, 4, busy=1)
    changes = [row for row in house.decisions() if row.new != row.old]
    found = [(row.kind, row.old, row.new) for row in changes]
    assert found == [("grow", 1, 8)]
    first = house.decisions()[0]
    assert first.reason == "80 wait, the first for 0.0 s"
    assert first.inputs["backlog"] == 80


def test_a_load_beyond_the_maximum_is_told_once(house, targets):
    house.order(200)
    ticks(house, targets, 10, busy=8)
    *_, last = house.decisions()
    assert [row.kind for row in house.decisions()].count("out_of_reach") == 1
    assert (last.kind, last.old, last.new) == ("out_of_reach", 8, 8)
    assert last.reason.endswith("children, there may be 8")
    assert house.load().kind == "out_of_reach"


def test_the_last_look_is_a_row_of_its_own(house, targets):
    house.order(3)
    ticks(house, targets, 1)
    load = house.load()
    assert (load.target, load.backlog, load.kind) == (1, 3, "steady")
    assert load.at < house.clock.now()


def test_idle_pools_go_back_to_their_minimum(house, targets):
    ticks(house, targets, 60, target=8)
    assert house.target() == 1
    assert {row.kind for row in house.decisions()} == {"shrink"}


def test_the_broker_away_freezes_who_takes_messages_from_outside(house, targets, sender):
    house.order(200)
    sender.down = True
    ticks(house, targets, 3)
    assert house.target() == 1
    assert [row.kind for row in house.decisions()] == ["frozen"]
    sender.down = False
    ticks(house, targets, 1)
    assert house.target() == 8


def test_messages_of_outsiders_are_counted_at_the_broker(house, targets, sender):
    for number in range(50):
        sender.send(WorkMessage(number, "t.do", "deadletter", 5, str(number)))
    ticks(house, targets, 1)
    assert house.load().backlog == 50


def test_the_inbox_is_work_of_the_pool_that_digests_it(house, targets, database, clock):
    rows = [
        InboxRow(project_id=1, event_id=uuid.uuid4(), received_at=clock.now(), body=b"{}", kind=1)
        for _ in range(250)
    ]
    for row in rows:
        row.encoding = 0
    with database.transaction() as session:
        session.add_all(rows)
    clock.advance(3)
    ticks(house, targets, 1, pool="ingest")
    load = house.load("ingest")
    assert (load.backlog, load.oldest_seconds) == (0.5, 3.0)


def test_what_is_held_waits_for_something_else_than_children(house, targets, database, clock):
    house.order(200, target="mail")
    with database.transaction() as session:
        holds.hold(
            session, "mail", "breaker", until=clock.now() + timedelta(minutes=1), reason="open"
        )
    ticks(house, targets, 2)
    assert (house.target(), house.load().backlog) == (1, 0)


def test_silent_agents_freeze_their_pool_until_they_are_gone(house, targets):
    house.order(200)
    house.report()
    house.clock.advance(20)
    targets.write()
    assert (house.target(), house.load().kind) == (1, "frozen")


def test_two_hosts_share_the_children(house, targets):
    house.order(2000)
    for _ in range(5):
        for host in "ab":
            house.report(host=host, busy=1)
        targets.write()
        house.clock.advance(1)
    assert (house.target(host="a"), house.target(host="b")) == (8, 8)


def test_the_work_of_a_dead_host_goes_to_the_others(house, targets):
    house.order(2000)
    house.report(host="b")
    house.clock.advance(11)
    ticks(house, targets, 4, busy=1)
    assert (house.target(host="a"), house.target(host="b")) == (8, 1)


def test_nothing_grows_beyond_the_memory_of_the_host(house, targets):
    """8 GiB, of which 80 % may be used: from 77 % on there is room for two of 100 MiB."""
    house.order(2000)
    ticks(house, targets, 3, busy=1, memory=0.77)
    assert house.target() == 3
    assert house.decisions()[-1].kind == "no_room"


def test_what_one_pool_is_given_the_next_cannot_have(house, targets):
    house.order(2000)
    with house.database.transaction() as session:
        for _ in range(200):
            add(session, WorkOrder("t.do", {}, "analysis"), house.clock.now())
    for _ in range(3):
        for pool in ("ingest", "general"):
            house.report(pool=pool, busy=1, memory=0.77)
        targets.write()
        house.clock.advance(1)
    assert house.target("ingest") + house.target("general") == 4


def test_what_an_operator_sets_holds_until_its_end(house, targets, database, clock):
    with database.transaction() as session:
        until = clock.now() + timedelta(seconds=5)
        fleet.set_override(session, Wish("general", 5, "ada", until), now=clock.now())
    ticks(house, targets, 2)
    assert (house.target(), house.decisions()[-1].reason) == (5, "set to 5 by ada")
    ticks(house, targets, 60)
    assert house.target() == 1


def test_after_a_pause_nothing_is_concluded_from_before(house, targets):
    ticks(house, targets, 30, target=8)
    before = house.target()
    house.clock.advance(60)
    ticks(house, targets, 10)
    assert before < 8
    assert house.target() == before


def test_unknown_pools_are_left_alone(house, targets):
    ticks(house, targets, 2, pool="other", target=99)
    assert house.target("other") == 99


def test_pools_and_hosts_are_metrics(house, targets, database):
    ticks(house, targets, 1, busy=1, pss_bytes=7)
    gauges.publish(database)

    def gauge(name, **labels):
        return REGISTRY.get_sample_value(f"mendline_{name}", labels)

    assert gauge("pool_children", pool="general", state="busy") == 1
    assert gauge("pool_memory_bytes", pool="general") == 7
    assert gauge("host_memory_ratio", host="a") == pytest.approx(0.1)
    assert gauge("host_processors_ratio", host="a") == 0.5


def test_a_look_at_a_large_ledger_counts_no_further_than_needed(house, targets, database, clock):
    with database.transaction() as session:
        session.execute(
            text("""
                INSERT INTO work_items (task, arguments, queue, priority, state, due_at,
                    max_attempts, lease_seconds, created_at)
                SELECT 't.do', '{}', 'alerts', 9, 'waiting', :now, 5, 30, :now
                FROM generate_series(1, 21000)"""),
            {"now": clock.now()},
        )
    ticks(house, targets, 1)
    assert house.load().backlog == 20_000


def test_critical_work_is_the_load_of_its_own_pool(house, targets):
    house.order(100, priority=5)
    house.order(7, priority=2)
    house.clock.advance(3)
    house.order(1, priority=0)
    ticks(house, targets, 1, pool="critical")
    load = house.load("critical")
    assert (load.backlog, load.oldest_seconds) == (8, 3)
    assert house.load("general").backlog == 108
