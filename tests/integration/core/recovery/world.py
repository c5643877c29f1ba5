"""Issues with events, an engine over real rows, and actions that only count."""

import uuid
from collections import deque
from datetime import timedelta
from random import Random

import orjson
from sqlalchemy import select

from config.recovery import policies
from config.recovery_policy import shipped
from core.model import Issue, Recovery
from core.recovery.acting import Acting
from core.recovery.action import ActionError, Done
from core.recovery.engine import Engine
from core.recovery.means import Means
from core.recovery.probe import Finding
from core.recovery.rescuing import expire, rescue
from core.recovery.rulebook import Books, Place, put
from core.recovery.strategies import STRATEGIES
from core.recovery.verifying import Verifying
from core.recovery.vocabulary import words
from core.store import components, projects
from core.store import recovery as rows
from core.store.payloads import Payloads
from tests.integration.core.rows import add_event, add_issue

WORDS = words(actions=["mend"])


class Mend:
    """An action whose deeds are counted; `fails` and `crashes` say what becomes of the next one."""

    name = "mend"
    reversible = True

    def __init__(self):
        self.done, self.undone, self.dry = [], [], []
        self.fails = self.crashes = None
        self.undo_fails = None

    def run(self, order):
        if order.dry_run:
            self.dry.append(order)
            return Done("would mend")
        if self.fails:
            raise self.fails
        self.done.append(order)
        if self.crashes:
            raise self.crashes
        return Done("mended", {"what": order.target}, {"was": "broken"})

    def undo(self, order, undo):
        if self.undo_fails:
            raise self.undo_fails
        self.undone.append((order, undo))
        return Done("as it was")


class Crash(BaseException):
    """The process ends here."""


class Health:
    name = "http"

    def __init__(self):
        self.healthy = True

    def ask(self, question):
        return Finding(self.healthy, "as told", 0.01)


class World:
    """Work that the engine orders is done by `turn`, at its time by the clock."""

    def __init__(self, database, clock, *, policy=""):
        self.database, self.clock = database, clock
        self.orders = deque()
        self.mend, self.health = Mend(), Health()
        self.told = []
        self.means = Means(
            clock=clock,
            order=lambda _session, order: self.orders.append(order),
            books=Books(shipped(WORDS), WORDS),
            policies=policies(),
            payloads=Payloads(),
            strategies=STRATEGIES,
            actions={"mend": self.mend, "resend_task": self.mend},
            probes={"http": self.health},
            rand=Random(1),
            observe=lambda what, about: self.told.append((what, dict(about))),
        )
        self.engine = Engine(self.means)
        self.acting = Acting(database, self.means)
        self.verifying = Verifying(database, self.means)
        with database.transaction() as session:
            name = f"shop-{uuid.uuid4().hex[:8]}"
            self.project = projects.create(session, name, now=clock.now())[0].id
        if policy:
            self.policy(policy)

    def policy(self, content, component=""):
        with self.database.transaction() as session:
            place = Place(self.project, component)
            put(session, place, content, words=WORDS, author="test", now=self.clock.now())

    def issue(self, **values):
        plain = {"category": "connection", "transient": True, "component": "checkout"}
        with self.database.transaction() as session:
            return add_issue(session, self.project, **(plain | values)).id

    def event(self, issue_id, *, told=None, analysis=None, **values):
        """One more event of the issue, as the digest stores it."""
        document = {"event": {"contexts": {"mendline": told or {}}}, "analysis": analysis or {}}
        with self.database.transaction() as session:
            issue = session.get_one(Issue, issue_id)
            packed = self.means.payloads.pack(session, orjson.dumps(document), None)
            plain = {
                "category": issue.category,
                "family": "dependency",
                "transient": issue.transient,
                "component": issue.component,
                "payload": packed,
            }
            return add_event(session, issue, self.clock.now(), **(plain | values))

    def succeeded(self, component):
        """As the component reports it."""
        minute = self.clock.now().replace(second=0, microsecond=0)
        slot = components.Slot(self.project, component, minute)
        with self.database.transaction() as session:
            components.add(session, [(slot, components.Delta(successes=1))])

    def plan(self, event_id):
        with self.database.transaction() as session:
            return self.engine.plan(session, event_id)

    def begin(self, **values):
        """A recovery of a fresh issue."""
        return self.plan(self.event(self.issue(**values)))

    def turn(self, *, until=None):
        """Does what is due, and moves the clock to what comes next; at most a day."""
        end = self.clock.now() + timedelta(days=1)
        while self.orders and self.clock.now() < end and (until is None or not until()):
            self.do_next()

    def do_next(self):
        """What is due first, at its time."""
        order = min(self.orders, key=lambda each: each.due_at)
        self.orders.remove(order)
        self.clock.advance(max((order.due_at - self.clock.now()).total_seconds(), 0))
        self.do(order)

    def do(self, order):
        match order.task:
            case "recovery.attempt":
                self.acting.carry_out(**order.arguments)
            case "recovery.undo":
                self.acting.undo(**order.arguments)
            case "recovery.verify":
                self.verifying.look(**order.arguments)
            case "recovery.advance":
                with self.database.transaction() as session:
                    self.engine.advance(session, **order.arguments)

    def sweep(self):
        return rescue(self.database, self.means), expire(self.database, self.means)

    def newest(self):
        with self.database.transaction() as session:
            wanted = select(Recovery.id).where(Recovery.project_id == self.project)
            return session.scalars(wanted.order_by(Recovery.id.desc()).limit(1)).all()

    def state(self, recovery_id):
        return self.row(recovery_id).state

    def row(self, recovery_id):
        with self.database.transaction() as session:
            return session.get_one(Recovery, recovery_id)

    def attempts(self, recovery_id):
        with self.database.transaction() as session:
            return rows.attempts(session, recovery_id)

    def steps(self, recovery_id):
        return [(each.strategy, each.state) for each in self.attempts(recovery_id)]

    def path(self, recovery_id):
        with self.database.transaction() as session:
            return [each.new for each in rows.transitions(session, recovery_id)]


FAILURE = ActionError("it did not work")
LASTING = ActionError("it never works", permanent=True)
__all__ = ["FAILURE", "LASTING", "WORDS", "Crash", "World"]
