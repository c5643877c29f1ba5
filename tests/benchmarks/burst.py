"""A burst of work on an idle platform: how soon the pool is at its maximum, and small again.

A platform as users start it. The work waits for nothing but time, as calls of other machines do.
Beside the burst a probe of normal and one of critical priority are ordered every half second.
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
from tests.chaos import loader
from tests.chaos.orders import EFFECT, TABLES

POOL = "general"
ITEMS = 5_000
SECONDS = 0.05  # of each item
LOOK_SECONDS = 0.1
PROBE_SECONDS = 0.5
GIVE_UP_SECONDS = 600
NORMAL, CRITICAL = 5, 0

SIZE = text("""
    SELECT target, coalesce((detail ->> 'children')::int, 0), (detail ->> 'least')::int,
        (detail ->> 'most')::int
    FROM agents WHERE pool = :pool""")
LEFT = text("""
    SELECT count(*) FROM work_items
    WHERE task = :task AND arguments ->> 'item' LIKE 'burst-%'
      AND state IN ('waiting', 'published', 'running')""")
WAITS = text("""
    SELECT priority, extract(epoch FROM created_at)::float,
        extract(epoch FROM started_at - created_at)::float
    FROM work_items
    WHERE task = :task AND arguments ->> 'item' LIKE 'probe-%' AND started_at IS NOT NULL""")
DECISIONS = text("""
    SELECT kind, old, new, reason FROM scale_decisions
    WHERE pool = :pool AND at >= :since AND old <> new ORDER BY id""")


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
        """Seconds from the burst to each event."""
        begun, found = time.monotonic(), {}

        def happened(name):
            found.setdefault(name, time.monotonic() - begun)

        while "small_again" not in found:
            if time.monotonic() - begun > GIVE_UP_SECONDS:
                raise TimeoutError(f"not at the end: {found}, {self.size()}")
            target, children, least, most = self.size()
            if target == most:
                happened("target_at_most")
            if children == most:
                happened("children_at_most")
            if not self.left():
                happened("done")
            if "done" in found and target == children == least:
                happened("small_again")
            time.sleep(LOOK_SECONDS)
        return found


def measured(burst, items):
    since, ended = burst.clock.now(), threading.Event()
    probing = threading.Thread(target=burst.probe, args=(ended,))
    probing.start()
    try:
        burst.order(items, "burst")
        begun = burst.clock.now().timestamp()
        found = burst.follow()
    finally:
        ended.set()
        probing.join()
    decisions = [row._asdict() for row in burst.ask(DECISIONS, pool=POOL, since=since)]
    probes = burst.ask(WAITS, task=EFFECT)
    return {
        "items": items,
        "seconds_of_an_item": SECONDS,
        "children_at_most": burst.size()[3],
        "at_most_after": found.get("children_at_most"),
        "target_at_most_after": found.get("target_at_most"),
        "done_after": found["done"],
        "small_again_after_the_end": found["small_again"] - found["done"],
        "critical_wait": worst(probes, CRITICAL),
        "normal_wait_during": worst(probes, NORMAL, until=begun + found["done"]),
        "normal_wait_afterwards": worst(probes, NORMAL, since=begun + found["done"]),
        "decisions": decisions,
        "turns": turns(decisions),
    }


def worst(probes, priority, *, since=0.0, until=float("inf")):
    waits = [wait for found, at, wait in probes if found == priority and since <= at < until]
    return max(waits, default=None)


def turns(decisions):
    """How often the pool changed its direction."""
    ways = [each["new"] > each["old"] for each in decisions]
    return sum(before != after for before, after in pairwise(ways))


def run(items=ITEMS):
    return on_a_platform(lambda burst: _run(burst, items))


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


def _run(burst, items):
    with burst.database.transaction() as session:
        for statement in TABLES:
            session.execute(text(statement))
    critical = text("SELECT sum(running) FROM agents WHERE pool = 'critical'")
    eventually(lambda: burst.ask(critical)[0][0], within=120)
    eventually(lambda: burst.size()[0] == burst.size()[1] == burst.size()[2], within=180)
    return measured(burst, items)


def table(found):
    lines = [
        ("children at most", f"{found['children_at_most']}"),
        ("all of them at work after", _seconds(found["at_most_after"])),
        (f"{found['items']} items done after", _seconds(found["done_after"])),
        ("smallest again, after the end", _seconds(found["small_again_after_the_end"])),
        ("longest wait, critical", _seconds(found["critical_wait"])),
        ("longest wait, normal, during the burst", _seconds(found["normal_wait_during"])),
        ("longest wait, normal, afterwards", _seconds(found["normal_wait_afterwards"])),
        ("changes of direction", f"{found['turns']}"),
    ]
    decided = [f"{each['old']} → {each['new']}: {each['reason']}" for each in found["decisions"]]
    return "\n".join([*(f"{name:40}{value:>10}" for name, value in lines), *decided])


def _seconds(value):
    return "never" if value is None else f"{value:.1f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    found = run(parser.parse_args().items)
    print(json.dumps(found, indent=2), table(found), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
