"""Rules of alerts: one look at 1,000 rules over 1,000 series, as the clock asks for it.

The rules measure six things over five windows with their own thresholds; about one series in
a hundred is bad, so that some 10,000 alerts live. `first` reads all windows and begins them, `tick`
is a look two seconds later at what new reports changed, `storm` makes 10,000 more alerts at once.
Times are those of the whole transaction on a real PostgreSQL; the aim of a tick is 1 second.
"""

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.alerts import read_text
from core.alerts.evaluation import Evaluator
from core.store import alert_rules, alerts, components, projects, schema
from core.store.alert_rules import NewRule
from core.store.components import Delta, Slot
from core.store.engine import Database
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

AIM = 1.0
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEASURES = {
    "errors": lambda rand: rand.uniform(800, 900),
    "error_rate": lambda rand: rand.uniform(60, 80),
    "failure_ratio": lambda rand: rand.uniform(0.5, 0.9),
    "p95": lambda rand: rand.uniform(20, 29),
    "memory": lambda rand: rand.uniform(9e8, 9.9e8),
    "connections_lost": lambda rand: rand.uniform(500, 900),
}
WINDOWS = (1, 5, 10, 15, 60)
BAD = 100  # one series in so many


def run(rules=1_000, series=1_000, ticks=20):
    with (
        tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder,
        running(EmbeddedPostgres(Path(folder) / "pg")) as url,
    ):
        schema.upgrade(url)
        database = Database(url, application="bench")
        found = measured(database, rules, series, ticks)
        database.dispose()
        return {"rules": rules, "series": series, **found}


def measured(database, rules, series, ticks):
    rand = random.Random(7)
    with database.transaction() as session:
        project_id = projects.create(session, "shop", now=START)[0].id
        make_rules(session, rules, rand)
        for minute in range(60):
            report(session, project_id, range(series), START - timedelta(minutes=minute + 1), rand)
    evaluator, now = Evaluator(), START + timedelta(seconds=1)
    first, live = look(database, evaluator, now)
    times, work = [], []
    for _ in range(ticks):
        now += timedelta(seconds=2)
        with database.transaction() as session:
            report(session, project_id, rand.sample(range(series), series // 2), now, rand)
        begun = time.process_time()
        seconds, live = look(database, evaluator, now)
        work.append(time.process_time() - begun)
        times.append(seconds)
    with database.transaction() as session:
        report(session, project_id, range(1, 31), now, None)
    storm, after = look(database, evaluator, now + timedelta(seconds=2))
    return {
        "first_seconds": round(first, 3),
        "tick_median_seconds": round(statistics.median(times), 3),
        "tick_median_cpu_seconds": round(statistics.median(work), 3),
        "tick_worst_seconds": round(max(times), 3),
        "live": live,
        "storm_seconds": round(storm, 3),
        "storm_alerts": after - live,
    }


def make_rules(session, count, rand):
    names = sorted(MEASURES)
    for number in range(count):
        metric, window = names[number % len(names)], WINDOWS[number // len(names) % len(WINDOWS)]
        above = MEASURES[metric](rand)
        text = f"""
rules:
  - name: Rule {number}
    measure: component.{metric}
    over: {window}m
    above: {{high: {above:.4f}, critical: {above * 2:.4f}}}
"""
        written = read_text(text).rules[0]
        new = NewRule(name=written.rule.name, body=written.body, source="api", author="bench")
        alert_rules.create(session, new, now=START)


def report(session, project_id, places, at, rand):
    minute = at.replace(second=0, microsecond=0)
    components.add(
        session,
        [(Slot(project_id, f"component-{place}", minute), delta(place, rand)) for place in places],
    )


def delta(place, rand):
    """Every hundredth component fails, is slow and large; all of them without `rand`."""
    bad, count = place % BAD == 0 or rand is None, 10
    failures = 200_000 if rand is None else 90 if bad else rand.randrange(2)
    return Delta(
        events=failures,
        successes=count,
        failures=failures,
        duration_count=count,
        duration_sum=count * 100.0,
        duration_max=59_000.0 if bad else 90.0,
        duration_buckets=(0,) * 14 + (count,) if bad else (0,) * 6 + (count,),
        memory_max=10**9 if bad else 10**7,
        connections_lost=failures if bad else 0,
    )


def look(database, evaluator, now):
    """Seconds of one look, and how many alerts live after it."""
    begun = time.perf_counter()
    with database.transaction() as session:
        evaluator.tick(session, now)
    seconds = time.perf_counter() - begun
    with database.transaction() as session:
        return seconds, sum(alerts.counts(session).values())


def table(found):
    lines = [
        f"{found['rules']:,} rules x {found['series']:,} series, {found['live']:,} alerts alive",
        f"first look, all windows read   {found['first_seconds']:7.3f} s",
        f"look 2 s later, median         {found['tick_median_seconds']:7.3f} s (aim {AIM} s)",
        f"  of it our own CPU time       {found['tick_median_cpu_seconds']:7.3f} s",
        f"look 2 s later, worst          {found['tick_worst_seconds']:7.3f} s",
        f"storm of {found['storm_alerts']:,} alerts at once    {found['storm_seconds']:7.3f} s",
    ]
    return "\n".join(lines)
