"""A year of schedules in a simulated time, over a real database and a real Redis.

Slots are claimed, and their work is started, done and finished by the code of the product; only
the broker is left out, and the clock is ours. Every day the platform is used a little.
"""

from collections import Counter
from datetime import timedelta

from celery.local import PromiseProxy
from sqlalchemy import text

from core.clock import FixedClock
from core.model import Base
from core.schedules import claim_due, sync
from core.store import projects
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from tasks import maintenance
from tasks.app import Application
from tasks.base import Work
from tasks.runtime import Runtime
from tasks.schedule import JOBS
from tests.conftest import NOON

DAY = timedelta(days=1)
# Minutes of a day at which jobs of the hour are due; at LIFE the platform is used.
TIMES = (0, 20, 35, 50)
LIFE = 20
# What is not upkeep, or needs programs and servers of its own, has its slots and no more.
BODIES = "maintenance."
# What is due at each look is done once a day.
OFTEN = frozenset(
    f"maintenance.{name}"
    for name in ("mine_patterns", "measure_retries", "examine", "keep_logs", "watch")
)
EVENTS = 250
BUDGET = 2 * 2**20

_PUBLISH = text(
    "UPDATE work_items SET state = 'published', band = 1, published_at = :now"
    " WHERE state = 'waiting' AND due_at <= :now RETURNING id, task"
)
_FINISH = text("UPDATE work_items SET state = 'done', finished_at = :now WHERE id = ANY(:ids)")
_LIFE = """
    INSERT INTO issues (project_id, title, culprit, level, category, transient, severity, status,
        status_changed_at, first_seen, last_seen, event_count)
    SELECT :project, 't', 'c', 'error', 'bug', false, 'low', 'unresolved', :now, :now, :now, 0
    WHERE NOT EXISTS (SELECT FROM issues);
    WITH made AS (
        INSERT INTO events (event_id, project_id, issue_id, received_at, timestamp, level,
            category, transient, severity, payload)
        SELECT gen_random_uuid(), :project, min(issues.id), :now, :now, 'error', 'bug', false,
            'low', decode(repeat('00', 4000), 'hex') FROM issues, generate_series(1, {events}) AS n
        GROUP BY n RETURNING event_id, project_id, received_at
    ) INSERT INTO event_ids SELECT * FROM made;
    INSERT INTO book_entries (day, project_id, account, reason, writer, count)
    SELECT CAST(:now AS timestamptz)::date, :project, account, '', writer, {events}
    FROM unnest(array['accepted', 'stored']) AS account, generate_series(0, 3) AS writer;
    INSERT INTO issue_minutes (issue_id, minute, project_id, events)
    SELECT id, CAST(:now AS timestamptz) - n * interval '1 minute', :project, 1
    FROM issues, generate_series(0, 30) AS n;
    INSERT INTO issue_transitions (issue_id, old, new, reason, actor, at)
    SELECT id, 'resolved', 'regressed', 'r', 'a', :now FROM issues;
    INSERT INTO signals (project_id, kind, at, processed_at)
    VALUES (:project, 'spike', :now, :now), (:project, 'nobody_hears', :now, NULL);
    INSERT INTO dead_letters (capture_key, state, reason, created_at, closed_at)
    VALUES (gen_random_uuid()::text, 'discarded', 'r', :now, :now);
    INSERT INTO audit_entries (at, actor, act, subject, subject_id)
    VALUES (:now, 'a', 'b', 'c', 1);
    INSERT INTO recoveries (project_id, event_id, subject, category, severity, rule, chain,
        situation, state, reason, first_event_at, last_event_at, planned_at, state_at, ended_at)
    VALUES (:project, gen_random_uuid(), 's', 'bug', 'low', 'r', '{{}}', '{{}}', 'recovered', 'r',
        :now, :now, :now, :now, :now);
    INSERT INTO recovery_transitions (recovery_id, new, reason, actor, at)
    SELECT max(id), 'recovered', 'r', 'a', :now FROM recoveries;
    INSERT INTO recovery_targets (scope, target, action, seen_at)
    VALUES (:project, CAST(CAST(:now AS timestamptz) AS text), 'a', :now);
    INSERT INTO breaker_transitions (name, at, old, new, version, reason)
    VALUES ('b', :now, 'closed', 'open', 1, 'r');
    INSERT INTO transactions (name, kind, state, began_at, ended_at)
    VALUES ('t', 'local', 'committed', :now, :now);
    INSERT INTO idempotency_keys (principal, key, route, body_hash, answer, created_at)
    VALUES ('p', gen_random_uuid()::text, 'r', '', '{{}}', :now);
    INSERT INTO message_deliveries (key, deliveries, updated_at)
    VALUES (gen_random_uuid()::text, 1, :now);
    INSERT INTO hooks (name, url, occasions, salt, created_by, created_at)
    SELECT 'h', 'u', '{{}}', 's', 'a', :now WHERE NOT EXISTS (SELECT FROM hooks);
    INSERT INTO hook_deliveries (hook_id, message_id, occasion, body, created_at)
    SELECT id, 'm', 'o', '{{}}', :now FROM hooks;
"""


class Year:
    """`step` days pass between two that are lived through."""

    def __init__(self, settings, *, step):
        self.clock = FixedClock(NOON - timedelta(hours=12))
        self.step = step
        self.app = Application("year", set_as_current=False)
        self.runtime = Runtime(self.app, settings)
        self.runtime.clock = self.clock
        self.database = self.runtime.database
        self.ledger = Ledger(self.database, MemorySender(), self.clock)
        found = [each for each in vars(maintenance).values() if type(each) is PromiseProxy]
        self.bodies = {each.name: each.run for each in found}
        self.claimed, self.done = Counter(), Counter()
        self.rows, self.bytes = [], []
        with self.database.transaction() as session:
            self.project = projects.create(session, "shop", now=self.clock.now())[0].id
            sync(session, JOBS, self.clock.now())

    def live(self, days):
        for _ in range(0, days, self.step):
            for minutes in TIMES:
                self._until(minutes, last=minutes == TIMES[-1])
            self.rows.append(self._counts())
            self.bytes.append(self.ask("SELECT sum(bytes) FROM event_days"))
            self.clock.advance((self.step * DAY - timedelta(minutes=TIMES[-1])).total_seconds())

    def _until(self, minutes, *, last):
        midnight = self.clock.now().replace(hour=0, minute=0)
        wanted = midnight + timedelta(minutes=minutes)
        self.clock.advance((wanted - self.clock.now()).total_seconds())
        self._work(everything=last)
        if minutes == LIFE:
            self._live()

    def _work(self, *, everything):
        with self.database.transaction() as session:
            for each in claim_due(session, self.clock.now()):
                self.claimed[each.job, each.slot] += 1
        with self.database.transaction() as session:
            due = session.execute(_PUBLISH, {"now": self.clock.now()}).all()
            left_out = set() if everything else OFTEN
            idle = [row.id for row in due if row.task not in self.bodies.keys() - left_out]
            session.execute(_FINISH, {"now": self.clock.now(), "ids": idle})
        for work_id, task in due:
            if work_id not in idle:
                self._do(work_id, task)
            self.done[task, work_id] += 1

    def _do(self, work_id, name):
        started = self.ledger.start(work_id, task=name, message_id="m", worker="year")
        with Work(self.runtime, started.idempotency_key, started) as work:
            result = self.bodies[name](work, **started.arguments)
            self.ledger.finish(work.session, started, result)

    def _live(self):
        with self.database.transaction() as session:
            values = {"now": self.clock.now(), "project": self.project}
            for statement in _LIFE.format(events=EVENTS).split(";\n"):
                if statement.strip():
                    session.execute(text(statement), values)

    def _counts(self):
        tables = [name for name, table in Base.metadata.tables.items()]
        counts = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for t in tables)
        with self.database.transaction() as session:
            return dict(session.execute(text(counts)).all())

    def close(self):
        self.runtime.redis.close()
        self.database.dispose()
        self.app.close()

    def ask(self, statement):
        with self.database.transaction() as session:
            return int(session.execute(text(statement)).scalar() or 0)
