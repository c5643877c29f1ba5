"""Whatever dies wherever: each piece of work takes effect once, or is a dead letter."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import DependencyError, report
from core.store.work import WorkOrder
from core.work import dispatch
from core.work.attempt import LeaseLostError
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from core.work.states import FOLLOWERS, State


class CrashError(BaseException):
    """The process is gone; nothing after this line runs."""


class World:
    """The database is real; broker, workers and fleet are played, and die when told to."""

    def __init__(self, database, clock):
        self.database = database
        self.clock = clock
        self.sender = MemorySender()
        self.ledger = Ledger(database, self.sender, clock)
        self.running = []
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

    def dispatch(self):
        self.ledger.dispatch_due()

    def dispatch_and_die_before_sending(self):
        self.sender.down = True
        with suppress(CrashError):
            self._without_taking_back(self.ledger.dispatch_due)
        self.sender.down = False

    def _without_taking_back(self, act):
        def die(*_):
            raise CrashError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dispatch, "take_back", die)
            act()

    def wipe_broker(self):
        self.sender.messages.clear()

    def double_messages(self):
        self.sender.messages.extend(list(self.sender.messages))

    def start(self):
        if self.sender.messages:
            message = self.sender.messages.popleft()
            started = self.ledger.start(message.work_id, task="t.do", message_id="m", worker="w")
            if started is not None:
                self.running.append(started)

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
            while self.sender.messages:
                self.start()
            while self.running:
                self.finish()

    def rows(self, statement):
        with self.database.transaction() as session:
            return session.execute(text(statement)).all()


MOVES = [
    "decide",
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


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.sampled_from(MOVES), min_size=4, max_size=30))
@pytest.mark.usefixtures("effects")
def test_each_work_takes_effect_once_or_is_a_dead_letter(database, clock, moves):
    world = World(database, clock)
    for move in ["decide", *moves]:
        getattr(world, move)()
    world.settle()
    ends = world.rows("""
        SELECT item.state, (SELECT count(*) FROM effects WHERE work_id = item.id),
               (SELECT count(*) FROM dead_letters WHERE work_id = item.id)
        FROM work_items AS item""")
    assert set(ends) <= {(State.DONE, 1, 0), (State.DEAD, 0, 1)}


def test_final_states_have_no_followers():
    final = {state for state, followers in FOLLOWERS.items() if not followers}
    assert final == {State.DONE, State.DEAD, State.CANCELLED}
