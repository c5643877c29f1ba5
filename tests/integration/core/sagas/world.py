"""Sagas with a real database; the worker is played, and so is the broker."""

from sqlalchemy import select, text

from core.errors import report
from core.model import Saga as Row
from core.sagas import Registry, Saga, Sagas, Step, rows
from core.store.work import one
from core.work.ledger import Ledger
from core.work.sender import MemorySender


class World:
    """`place` is a file: what steps do outside of the database is a line in it."""

    def __init__(self, database, clock, place):
        self.database = database
        self.clock = clock
        self.place = place
        self.registry = Registry()
        self.sender = MemorySender()
        self.ledger = Ledger(database, self.sender, clock)
        self.sagas = Sagas(database, self.ledger, self.registry, clock)
        self.failures = {}
        self.around = lambda: None

    def declare(self, *names, deadline=None, without_undo=(), attempts=3):
        steps = [
            Step(
                name,
                self._act(name, "do"),
                None if name in without_undo else self._act(name, "undo"),
                attempts=attempts,
            )
            for name in names
        ]
        self.registry.add(Saga("trip", steps, deadline))
        return self

    def _act(self, name, way):
        def act(turn):
            values = {"saga": turn.saga_id, "step": name, "way": way}
            turn.session.execute(text("INSERT INTO effects VALUES (:saga, :step, :way)"), values)
            self.around()
            with self.place.open("a") as outside:
                outside.write(f"{turn.key}\n")
            self.around()
            errors = self.failures.get((name, way), [])
            if errors:
                raise errors.pop(0)
            return {"of": name, "seen": sorted(turn.results)}

        return act

    def fail(self, name, *errors, way="do"):
        self.failures[name, way] = list(errors)
        return self

    def start(self, **options):
        with self.database.transaction() as session:
            return self.sagas.start(session, "trip", {"to": "sea"}, **options)

    def work_off(self):
        """Until nothing is due any more."""
        self.ledger.dispatch_due()
        while self.sender.messages:
            self._work(self.sender.messages.popleft())
            self.ledger.dispatch_due()

    def work_off_once(self):
        """One attempt at one step."""
        self.ledger.dispatch_due()
        self._work(self.sender.messages.popleft())

    def _work(self, message):
        started = self.ledger.start(message.work_id, task="saga.step", message_id="m", worker="w")
        if started is None:
            return
        try:
            with self.database.transaction() as session:
                self.sagas.step(session, **started.arguments)
                self.ledger.finish(session, started)
        except Exception as error:  # noqa: BLE001 (as a worker does)
            self._fail(started, report(error))

    def _fail(self, started, failed):
        if not failed.permanent and started.attempt < started.max_attempts:
            self.ledger.retry(started, failed, delay=0)
        elif not self.sagas.give_up(started, failed):
            self.ledger.give_up(started, failed, reason="exhausted")

    def rescue(self):
        """What the platform does all the time, once the worker is known to be gone."""
        self.sender.messages.clear()
        self.clock.advance(120)
        self.say("UPDATE work_items SET lease_until = 'epoch' WHERE state = 'running'")
        self.ledger.reconcile(settle=0)
        self.sagas.sweep()
        self.work_off()

    def say(self, statement):
        with self.database.transaction() as session:
            session.execute(text(statement))

    def saga(self, saga_id):
        with self.database.transaction() as session:
            return rows.get(session, saga_id)

    def all(self):
        with self.database.transaction() as session:
            return session.scalars(select(Row).order_by(Row.id)).all()

    def steps(self, saga_id):
        with self.database.transaction() as session:
            found = rows.steps(session, saga_id)
            return [(row.step, row.direction, row.state) for row in found]

    def effects(self):
        with self.database.transaction() as session:
            return [
                f"{step} {way}"
                for step, way in session.execute(text("SELECT step, way FROM effects"))
            ]

    def outside(self):
        return self.place.read_text().split() if self.place.exists() else []

    def work(self, saga_id):
        with self.database.transaction() as session:
            return one(session, self.saga(saga_id).work_id)
