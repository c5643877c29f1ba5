"""Bursts of work on an idle platform: how soon the pool is large enough, and small again.

A platform as users start it. The work waits for nothing but time, as calls of other machines do.
Beside the burst a probe of normal and one of critical priority are ordered every half second.

Two bursts, each at once. The first is within reach: what it needs is two fifths of what the pool
may have, so once the pool has grown nothing waits longer than its target. The second is not: the
pool goes to its maximum, says how many children it would need, and critical work is not delayed.
Beside it stands what Celery alone takes for the same, which nothing that is built on it can beat.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from itertools import count, pairwise
from pathlib import Path

from sqlalchemy import text

from core.clock import SystemClock
from core.store.engine import Database
from core.store.work import WorkOrder, add
from tests.acceptance.platform import eventually, running
from tests.benchmarks import burst_stock
from tests.chaos import loader
from tests.chaos.orders import EFFECT, TABLES
from workers import pools

POOL = "general"
ITEMS = 5_000
PART = 0.4
SECONDS = 0.05  # of each item
LOOK_SECONDS = 0.1
PROBE_SECONDS = 0.5
GIVE_UP_SECONDS = 600
NORMAL, CRITICAL = 5, 0

SIZE = text("""
    SELECT target, coalesce((detail ->> 'children')::int, 0), (detail ->> 'least')::int,
        (detail ->> 'most')::int
    FROM agents WHERE pool = :pool""")
# Stops at the first one found: what measures is not to be what takes the processors.
LEFT = text("""
    SELECT EXISTS (
        SELECT FROM work_items
        WHERE task = :task AND arguments ->> 'item' LIKE 'burst-%'
          AND state IN ('waiting', 'published', 'running'))""")
WAITS = text("""
    SELECT priority, extract(epoch FROM created_at)::float,
        extract(epoch FROM started_at - created_at)::float
    FROM work_items
    WHERE task = :task AND arguments ->> 'item' LIKE :kind AND created_at >= :since
      AND started_at IS NOT NULL""")
DECISIONS = text("""
    SELECT kind, old, new, reason FROM scale_decisions
    WHERE pool = :pool AND at >= :since ORDER BY id""")


class Burst:
    def __init__(self, database):
        self.database = database
        self.clock = SystemClock()
        self.numbers = count()

    def ask(self, statement, **values):
        with self.database.transaction() as session:
            return session.execute(statement, values).all()

    def size(self):
        """Target, children, and the limits."""
        (row,) = self.ask(SIZE, pool=POOL)
        return row

    def order(self, items, kind, *, priority=NORMAL, seconds=SECONDS):
        with self.database.transaction() as session:
            now = self.clock.now()
            for _ in range(items):
                arguments = {"item": f"{kind}-{next(self.numbers)}", "seconds": seconds}
                add(session, WorkOrder(EFFECT, arguments, "maintenance", priority), now)

    def probe(self, ended):
        while not ended.wait(PROBE_SECONDS):
            for priority in (NORMAL, CRITICAL):
                self.order(1, "probe", priority=priority, seconds=0)

    def left(self):
        return self.ask(LEFT, task=EFFECT)[0][0]

    def follow(self):
        """Seconds from the burst to each event; and how many children there were, and when."""
        begun, found, course = time.monotonic(), {}, []
        while "small_again" not in found:
            now = time.monotonic() - begun
            if now > GIVE_UP_SECONDS:
                raise TimeoutError(f"not at the end: {found}, {self.size()}")
            target, children, least, _ = self.size()
            course.append((now, children))
            if not self.left():
                found.setdefault("done", now)
            if "done" in found and target == children == least:
                found["small_again"] = now
            time.sleep(LOOK_SECONDS)
        return found, course


def measured(burst, items):
    since, ended = burst.clock.now(), threading.Event()
    probing = threading.Thread(target=burst.probe, args=(ended,))
    probing.start()
    try:
        burst.order(items, "burst")
        begun = burst.clock.now().timestamp()
        found, course = burst.follow()
    finally:
        ended.set()
        probing.join()
    largest = max(children for _, children in course)
    grown = next(at for at, children in course if children == largest)
    decisions = [row._asdict() for row in burst.ask(DECISIONS, pool=POOL, since=since)]
    probes = burst.ask(WAITS, task=EFFECT, kind="probe-%", since=since)
    waits = burst.ask(WAITS, task=EFFECT, kind="burst-%", since=since)
    return {
        "items": items,
        "seconds_of_an_item": SECONDS,
        "children_at_most": burst.size()[3],
        "children_at_the_peak": largest,
        "grown_after": grown,
        "done_after": found["done"],
        "items_a_second": items / found["done"],
        "small_again_after_the_end": found["small_again"] - found["done"],
        "longest_wait": worst(waits, NORMAL),
        "longest_wait_once_grown": max(at + wait - max(at, begun + grown) for _, at, wait in waits),
        "critical_wait": worst(probes, CRITICAL),
        "normal_wait_afterwards": worst(probes, NORMAL, since=begun + found["done"]),
        "out_of_reach": [each["reason"] for each in decisions if each["kind"] == "out_of_reach"],
        "decisions": decisions,
        "turns": turns(decisions),
    }


def worst(probes, priority, *, since=0.0, until=float("inf")):
    waits = [wait for found, at, wait in probes if found == priority and since <= at < until]
    return max(waits, default=None)


def turns(decisions):
    """How often the pool changed its direction."""
    changes = [each for each in decisions if each["new"] != each["old"]]
    ways = [each["new"] > each["old"] for each in changes]
    return sum(before != after for before, after in pairwise(ways))


def run(items=ITEMS, part=PART):
    found = on_a_platform(lambda burst: _run(burst, items, part))
    children = found["out_of_reach"]["children_at_most"]
    return found | {"stock": burst_stock.run(items, children=children, seconds=SECONDS)}


def within_reach(burst, part):
    """As many items as need that part of the largest pool to be done in time."""
    most, latency = burst.size()[3], pools.load()[POOL].latency_seconds
    return int(part * most * latency / SECONDS)


def on_a_platform(measure):
    """What `measure` finds on a platform of its own."""
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        options = {"env": loader.ENVIRONMENT, "measured": False}
        with running(Path(folder) / "data", **options) as platform:
            database = Database(platform.credentials["database_url"], application="bench")
            try:
                return measure(Burst(database))
            finally:
                database.dispose()


def _run(burst, items, part):
    with burst.database.transaction() as session:
        for statement in TABLES:
            session.execute(text(statement))
    critical = text("SELECT sum(running) FROM agents WHERE pool = 'critical'")
    eventually(lambda: burst.ask(critical)[0][0], within=120)
    eventually(lambda: burst.size()[0] == burst.size()[1] == burst.size()[2], within=180)
    found = {"target_seconds": pools.load()[POOL].latency_seconds}
    for name, number in (("within_reach", within_reach(burst, part)), ("out_of_reach", items)):
        found[name] = measured(burst, number)
    return found


def table(found):
    told = [f"wanted wait {found['target_seconds']:g} s"]
    for name in ("within_reach", "out_of_reach"):
        told += ["", name.replace("_", " "), *_lines(found[name])]
    told += ["", "Celery alone, all children there before", *map(_stock_line, found["stock"])]
    return "\n".join(told)


def _stock_line(found):
    name = f"longest wait of {found['items']}, {found['seconds_of_an_item']:g} s each"
    wait, cost = _seconds(found["longest_wait"]), found["cpu_ms_an_item"]
    return f"{name:40}{wait:>10}, {cost:.2f} ms of processors an item"


def _lines(found):
    lines = [
        ("children at most", f"{found['children_at_most']}"),
        ("children at the peak", f"{found['children_at_the_peak']}"),
        ("all of them there after", _seconds(found["grown_after"])),
        (f"{found['items']} items done after", _seconds(found["done_after"])),
        ("items a second", f"{found['items_a_second']:.0f}"),
        ("smallest again, after the end", _seconds(found["small_again_after_the_end"])),
        ("longest wait of an item", _seconds(found["longest_wait"])),
        ("of it once the pool had grown", _seconds(found["longest_wait_once_grown"])),
        ("longest wait, critical", _seconds(found["critical_wait"])),
        ("longest wait, normal, afterwards", _seconds(found["normal_wait_afterwards"])),
        ("changes of direction", f"{found['turns']}"),
    ]
    decided = [f"{each['old']} → {each['new']}: {each['reason']}" for each in found["decisions"]]
    return [*(f"{name:40}{value:>10}" for name, value in lines), *decided]


def _seconds(value):
    return "never" if value is None else f"{value:.1f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS, help="of the second burst")
    parser.add_argument("--part", type=float, default=PART, help="of the pool, for the first one")
    options = parser.parse_args()
    found = run(options.items, options.part)
    print(json.dumps(found, indent=2), table(found), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
