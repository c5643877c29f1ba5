"""How soon a critical item starts behind a backlog of bulk work, on a running platform.

The rows of the backlog are of the lowest priority and of the queue that the critical items come
from; each of them takes as long as a short call of another machine.
"""

import argparse
import json
import statistics
import sys
import time

from sqlalchemy import text

from tests.acceptance.platform import eventually
from tests.benchmarks.burst import CRITICAL, on_a_platform
from tests.chaos.orders import EFFECT, TABLES

BACKLOG = 100_000
PROBES = 20
EVERY_SECONDS = 0.5
BULK = 9

FILL = text("""
    INSERT INTO work_items (task, arguments, queue, priority, state, due_at, max_attempts,
        lease_seconds, created_at)
    SELECT :task, jsonb_build_object('item', 'bulk-' || number, 'seconds', 0.05), 'maintenance',
        :priority, 'waiting', :now, 5, 30, :now
    FROM generate_series(1, :count) AS number""")
WAITS = text("""
    SELECT extract(epoch FROM started_at - created_at)::float FROM work_items
    WHERE task = :task AND arguments ->> 'item' LIKE 'critical-%' AND started_at IS NOT NULL""")
LEFT = text("SELECT count(*) FROM work_items WHERE priority = :priority AND state = 'waiting'")


def run(backlog=BACKLOG):
    return on_a_platform(lambda burst: _measured(burst, backlog))


def _measured(burst, backlog):
    with burst.database.transaction() as session:
        for statement in TABLES:
            session.execute(text(statement))
    ready = text("SELECT sum(running) FROM agents WHERE pool = 'critical'")
    eventually(lambda: burst.ask(ready)[0][0], within=120)
    values = {"task": EFFECT, "priority": BULK, "now": burst.clock.now(), "count": backlog}
    with burst.database.transaction() as session:
        session.execute(FILL, values)
        session.execute(text("NOTIFY mendline_work"))
    for _ in range(PROBES):
        burst.order(1, "critical", priority=CRITICAL, seconds=0)
        time.sleep(EVERY_SECONDS)
    left = burst.ask(LEFT, priority=BULK)[0][0]
    found = eventually(lambda: _all(burst), within=120)
    return {
        "backlog": backlog,
        "left_at_the_end": left,
        "critical_items": len(found),
        "median_wait": statistics.median(found),
        "longest_wait": max(found),
    }


def _all(burst):
    waits = [wait for (wait,) in burst.ask(WAITS, task=EFFECT)]
    return waits if len(waits) == PROBES else None


def table(found):
    return "\n".join(
        [
            f"rows of bulk work at the beginning {found['backlog']}",
            f"of them left at the end           {found['left_at_the_end']}",
            f"critical items                    {found['critical_items']}",
            f"their median wait                 {found['median_wait']:.3f} s",
            f"their longest wait                {found['longest_wait']:.3f} s",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backlog", type=int, default=BACKLOG)
    found = run(parser.parse_args().backlog)
    print(json.dumps(found, indent=2), table(found), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
