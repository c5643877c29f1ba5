"""Storm of alerts: 10,000 fire within one look; how many incidents, and how often people are told.

Ten rules find a thousand components bad at once. They are told on a channel with a budget, once by
routes that group by incident and once by routes that make a group of each component, which is
the worst that a route can do. Evaluation and flush run on a real PostgreSQL by a clock that is
moved on; the seconds are real. After an hour and a half all is over.
"""

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from config.alerts import read_text
from core.alerts.budget import Budget
from core.alerts.evaluation import Evaluator
from core.alerts.flushing import Flusher
from core.alerts.route import Pace, Plan, Route
from core.model import Alert, Incident, Notification
from core.store import alert_rules, components, projects, schema, work
from core.store.alert_rules import NewRule
from core.store.components import Delta, Slot
from core.store.engine import Database
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
BUDGET = Budget(10, HOUR)
PACE = Pace(wait=5 * SECOND, interval=5 * MINUTE, repeat=4 * HOUR)
ROUTE = Route(name="default", channels=("ops",), pace=PACE)
ROUTES = {"by incident": ROUTE, "by component": replace(ROUTE, group_by=("component",))}


def run(rules=10, series=1_000):
    return {name: measured(route, rules, series) for name, route in ROUTES.items()}


def measured(route, rules, series):
    with (
        tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder,
        running(EmbeddedPostgres(Path(folder) / "pg")) as url,
    ):
        schema.upgrade(url)
        database = Database(url, application="bench")
        storm = Storm(database, Plan(root=route, budgets={"ops": BUDGET}))
        storm.prepare(rules, series)
        for after in (*(5 * SECOND,) * 24, *(MINUTE,) * 90):
            storm.step(after)
        found = storm.books()
        database.dispose()
        return found


class Storm:
    def __init__(self, database, plan):
        self.database, self.now = database, START + 10 * SECOND
        self.evaluator = Evaluator()
        self.flusher = Flusher(plan, self._add)
        self.evaluating, self.flushing = [], []

    def _add(self, session, order):
        return work.add(session, order, self.now).work_id

    def prepare(self, rules, series):
        with self.database.transaction() as session:
            project_id = projects.create(session, "shop", now=START)[0].id
            for number in range(rules):
                alert_rules.create(session, rule(f"R{number}"), now=START)
            bad = [
                (Slot(project_id, f"component-{place}", START), Delta(events=99))
                for place in range(series)
            ]
            components.add(session, bad)

    def step(self, after):
        self.now += after
        begun = time.perf_counter()
        with self.database.transaction() as session:
            self.evaluator.tick(session, self.now)
        looked = time.perf_counter()
        with self.database.transaction() as session:
            self.flusher.run(session, self.now)
        self.evaluating.append(looked - begun)
        self.flushing.append(time.perf_counter() - looked)

    def books(self):
        with self.database.transaction() as session:
            moments = session.scalars(select(Notification.created_at)).all()
            kinds = session.execute(
                select(Notification.kind, func.count()).group_by(Notification.kind)
            )
            return {
                "alerts": session.scalar(select(func.count()).select_from(Alert)),
                "over": session.scalar(select(func.count(Alert.resolved_at))),
                "incidents": session.scalar(select(func.count()).select_from(Incident)),
                "notifications": len(moments),
                "most_in_an_hour": most(moments),
                "budget": BUDGET.most,
                "kinds": dict(sorted(kinds.tuples())),
                "evaluation_worst_seconds": round(max(self.evaluating), 3),
                "flush_worst_seconds": round(max(self.flushing), 3),
            }


def rule(name):
    text = f"rules: [{{name: {name}, measure: component.errors, over: 1h, above: 9}}]"
    (written,) = read_text(text).rules
    return NewRule(name=name, body=written.body, source="api", author="bench")


def most(moments):
    """Of any hour."""
    return max((sum(at <= each < at + HOUR for each in moments) for at in moments), default=0)


def table(found):
    lines = []
    for name, told in found.items():
        kept = f"budget {told['budget']}"
        kept += " is kept" if told["most_in_an_hour"] <= told["budget"] else " is BROKEN"
        lines += [
            f"{name}: {told['alerts']:,} alerts, {told['over']:,} of them over",
            f"  incidents                    {told['incidents']:5}",
            f"  notifications in all         {told['notifications']:5}  {told['kinds']}",
            f"  most in an hour              {told['most_in_an_hour']:5}  ({kept})",
            f"  slowest look at the rules    {told['evaluation_worst_seconds']:9.3f} s",
            f"  slowest flush                {told['flush_worst_seconds']:9.3f} s",
        ]
    return "\n".join(lines)
