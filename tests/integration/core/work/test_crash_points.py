"""Whatever dies wherever: each piece of work takes effect once, or is a dead letter.

Every point of the table in docs/explanation/work-ledger.md by name, on every broker; and random
sequences of them on the broker in a list, which is faster.
"""

import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import BrokerUnavailableError, DependencyError, report
from core.store.work import WorkOrder
from core.work import dispatch, keys
from core.work.attempt import LeaseLostError
from core.work.ledger import Ledger
from core.work.sender import MemorySender, WorkMessage
from core.work.states import FOLLOWERS, State
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.sender import CelerySender

EXPLANATION = Path(__file__).resolve().parents[4] / "docs" / "explanation" / "work-ledger.md"


class CrashError(BaseException):
    """The process is gone; nothing after this line runs."""


class MemoryBroker(MemorySender):
    def take(self):
        return self.messages.popleft().work_id if self.messages else None

    def wipe(self):
        self.messages.clear()

    def double(self):
        self.messages.extend(list(self.messages))


class RealBroker(CelerySender):
    """Redis or RabbitMQ, looked at as a worker looks at it."""

    down = False

    def send(self, message):
        if self.down:
            raise BrokerUnavailableError
        super().send(message)

    def send_many(self, messages):
        if self.down:
            raise BrokerUnavailableError
        super().send_many(messages)

    def take(self):
        with self._app.connection_for_write() as connection:
            channel = connection.channel()
            for name in self._names("alerts"):
                queue = self._app.amqp.queues[name](channel)
                queue.declare()
                if (message := queue.get()) is not None:
                    message.ack()
                    return message.payload[1]["work_id"]
        return None

    def wipe(self):
        while self.take() is not None:
            pass

    def double(self):
        taken = []
        while (work_id := self.take()) is not None:
            taken += [work_id, work_id]
        for work_id in taken:
            self.send(WorkMessage(work_id, "t.do", "alerts", 5, f"work-{work_id}-1"))


class World:
    """The database is real; workers and fleet are played, and die when told to."""

    def __init__(self, database, clock, sender):
        self.database = database
        self.clock = clock
        self.sender = sender
        self.ledger = Ledger(database, self.sender, clock)
        self.running = []
        self.sender.wipe()
        with database.transaction() as session:
            session.execute(text("DELETE FROM work_items"))

    def decide(self):
        with self.database.transaction() as session:
            self.ledger.add(session, WorkOrder("t.do", {}, "alerts", max_attempts=4))

    def decide_and_die_before_sending(self):
        self.sender.down = True
        with suppress(CrashError):
            self._without_taking_back(self.decide)
        self.sender.down = False

    def decide_with_the_broker_away(self):
        self.sender.down = True
        self.decide()
        self.sender.down = False

    def decide_and_die_before_the_commit(self):
        with suppress(CrashError), self.database.transaction() as session:
            self.ledger.add(session, WorkOrder("t.do", {}, "alerts"))
            raise CrashError

    def decide_for_later(self):
        with self.database.transaction() as session:
            due = self.clock.now() + timedelta(seconds=10)
            order = WorkOrder("t.do", {}, "alerts", due_at=due, concurrency_key="k")
            self.ledger.add(session, order)

    def dispatch(self):
        self.ledger.dispatch_due()

    def dispatch_and_die_before_sending(self):
        self.sender.down = True
        with suppress(CrashError):
            self._without_taking_back(self.ledger.dispatch_due)
        self.sender.down = False

    def dispatch_and_die_before_the_commit(self):
        self._dying(keys, "park", self.dispatch)

    def dispatch_and_die_after_the_first_message(self):
        send = self.sender.send

        def send_one(message):
            if self.sender.depth("alerts"):
                raise CrashError
            send(message)

        with pytest.MonkeyPatch.context() as patch, suppress(CrashError):
            patch.setattr(self.sender, "send", send_one)
            self.dispatch()

    def _without_taking_back(self, act):
        self._dying(dispatch, "take_back", act)

    def _dying(self, module, name, act):
        def die(*_, **__):
            raise CrashError

        with pytest.MonkeyPatch.context() as patch, suppress(CrashError):
            patch.setattr(module, name, die)
            act()

    def wipe_broker(self):
        self.sender.wipe()

    def double_messages(self):
        self.sender.double()

    def take_and_die_before_the_start(self):
        self.sender.take()

    def start(self):
        work_id = self.sender.take()
        if work_id is not None:
            started = self.ledger.start(work_id, task="t.do", message_id="m", worker="w")
            if started is not None:
                self.running.append(started)
        return work_id is not None

    def finish(self, *, die=False):
        if not self.running:
            return
        started = self.running.pop(0)
        with suppress(CrashError, LeaseLostError), self.database.transaction() as session:
            effect = text("INSERT INTO effects (work_id) VALUES (:id)")
            session.execute(effect, {"id": started.work_id})
            self.ledger.finish(session, started)
            if die:
                raise CrashError

    def finish_and_die_before_the_commit(self):
        self.finish(die=True)

    def die_while_running(self):
        if self.running:
            self.running.pop(0)

    def stall(self):
        """The worker lives on, but its lease ends."""
        with self.database.transaction() as session:
            session.execute(
                text("UPDATE work_items SET lease_until = 'epoch' WHERE state = 'running'")
            )

    def fail(self):
        if self.running:
            self.ledger.retry(self.running.pop(0), report(DependencyError()), delay=1)

    def fail_and_die_before_the_commit(self):
        self._dying(keys, "free", self.fail)

    def give_up(self):
        if self.running:
            self.ledger.give_up(self.running.pop(0), report(DependencyError()), reason="permanent")

    def give_up_and_die_before_the_commit(self):
        self._dying(keys, "free", self.give_up)

    def rescue_and_die_before_the_commit(self):
        self._dying(keys, "free", self.reconcile)

    def resend_and_die_before_sending(self):
        self._dying(dispatch, "send_all", self.reconcile)

    def reconcile(self):
        self.ledger.reconcile(settle=0)

    def wait(self):
        self.clock.advance(20)

    def settle(self):
        """No more deaths: everything comes to its end."""
        while self.rows("SELECT 1 FROM work_items WHERE state NOT IN ('done', 'dead') LIMIT 1"):
            self.stall()
            self.wait()
            self.reconcile()
            self.dispatch()
            while self.start():
                pass
            while self.running:
                self.finish()

    def rows(self, statement):
        with self.database.transaction() as session:
            return session.execute(text(statement)).all()


LATER = ["decide_for_later", "decide_for_later", "decide", "wipe_broker", "wait"]
RUNNING = ["decide", "start"]
RUNNING_TWICE = ["decide", "double_messages", "start"]
RESCUED = ["reconcile", "dispatch", "start"]
DEADLY = ["start", "die_while_running", "stall", "reconcile", "dispatch"]
LOST = ["decide", "start", "die_while_running", "stall"]
WIPED = ["wipe_broker", "wait"]
# Name of the point in the explanation: what leads to it. Afterwards everything runs again.
POINTS = {
    "decision not committed": ["decide_and_die_before_the_commit"],
    "committed, message not sent": ["decide_and_die_before_sending"],
    "broker away when deciding": ["decide_with_the_broker_away"],
    "dispatcher before its commit": [*LATER, "dispatch_and_die_before_the_commit"],
    "dispatcher before sending": [*LATER, "dispatch_and_die_before_sending"],
    "dispatcher between two messages": [*LATER, "dispatch_and_die_after_the_first_message"],
    "broker loses its messages": ["decide", "wipe_broker"],
    "message comes twice": ["decide", "double_messages", "start", "start", "finish", "start"],
    "worker before the start": ["decide", "take_and_die_before_the_start"],
    "worker while running": ["decide", "start", "die_while_running"],
    "worker before the commit of its effects": [*RUNNING, "finish_and_die_before_the_commit"],
    "worker after the commit, before saying so": [*RUNNING_TWICE, "finish", "start"],
    "worker stalled beyond its lease": [*RUNNING, "stall", *RESCUED, "finish", "finish"],
    "worker before a retry is written": [*RUNNING, "fail_and_die_before_the_commit"],
    "worker after a retry is written": [*RUNNING, "fail"],
    "worker before giving up is written": [*RUNNING, "give_up_and_die_before_the_commit"],
    "worker after giving up": [*RUNNING_TWICE, "give_up", "start"],
    "every worker that takes it": ["decide", *DEADLY * 5],
    "reconciler before its commit": [*LOST, "rescue_and_die_before_the_commit"],
    "reconciler before sending again": ["decide", *WIPED, "resend_and_die_before_sending"],
}
MOVES = [
    "decide",
    "decide_for_later",
    "decide_with_the_broker_away",
    "decide_and_die_before_sending",
    "dispatch",
    "dispatch_and_die_before_sending",
    "wipe_broker",
    "double_messages",
    "start",
    "finish",
    "finish_and_die_before_the_commit",
    "die_while_running",
    "stall",
    "fail",
    "fail_and_die_before_the_commit",
    "dispatch_and_die_before_the_commit",
    "take_and_die_before_the_start",
    "rescue_and_die_before_the_commit",
    "resend_and_die_before_sending",
    "reconcile",
    "wait",
]


@pytest.fixture
def effects(database):
    with database.transaction() as session:
        session.execute(text("CREATE TABLE effects (work_id bigint)"))
    yield
    with database.transaction() as session:
        session.execute(text("DROP TABLE effects"))


@pytest.fixture(params=["memory", "redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def broker(request, monkeypatch, tmp_path):
    if request.param == "memory":
        yield MemoryBroker()
        return
    url = request.getfixturevalue(f"{request.param}_server")
    monkeypatch.setenv("MENDLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MENDLINE_BROKER_URL", url)
    application = Application("crashes", set_as_current=False)
    settings_ = application.settings
    application.add_defaults(lambda: celery_settings(settings_))
    yield RealBroker(application)
    application.close()


ENDS = """
    SELECT item.state, (SELECT count(*) FROM effects WHERE work_id = item.id),
           (SELECT count(*) FROM dead_letters WHERE work_id = item.id)
    FROM work_items AS item"""
GOOD_ENDS = {(State.DONE, 1, 0), (State.DEAD, 0, 1)}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.usefixtures("effects")
def test_each_crash_point_is_survived(database, clock, broker, point):
    world = World(database, clock, broker)
    for move in POINTS[point]:
        getattr(world, move)()
    world.settle()
    ends = world.rows(ENDS)
    assert set(ends) <= GOOD_ENDS
    assert bool(ends) == (point != "decision not committed")
    dies = point in {"every worker that takes it", "worker after giving up"}
    assert ((State.DEAD, 0, 1) in ends) == dies


def test_the_explanation_names_every_crash_point():
    table = EXPLANATION.read_text().partition("## What goes first")[0]
    told = re.findall(r"^\| \d+ \| ([^|]+?) \|", table, re.MULTILINE)
    assert told == list(POINTS)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.sampled_from(MOVES), min_size=4, max_size=30))
@pytest.mark.usefixtures("effects")
def test_each_work_takes_effect_once_or_is_a_dead_letter(database, clock, moves):
    world = World(database, clock, MemoryBroker())
    for move in ["decide", *moves]:
        getattr(world, move)()
    world.settle()
    assert set(world.rows(ENDS)) <= GOOD_ENDS


def test_final_states_have_no_followers():
    final = {state for state, followers in FOLLOWERS.items() if not followers}
    assert final == {State.DONE, State.DEAD, State.CANCELLED}
