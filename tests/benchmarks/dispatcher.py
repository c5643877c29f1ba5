"""What a published row costs the dispatcher, with 1,000 and with 100,000 rows waiting.

The rows that wait lie before, between or behind those that go: due and alike, held by their
target, beyond the limit of their key, or due later. Time and CPU (ours and that of the server's
process) are of the rounds that publish; the broker is a list, so sending costs nothing.
"""

import logging
import statistics
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text

from core.clock import SystemClock
from core.store import schema
from core.store.engine import Database
from core.work.ledger import ROUND, Ledger
from core.work.sender import MemorySender
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

SIZES = (1_000, 100_000)
PUBLISHED = 2_000
ROWS = """
    INSERT INTO work_items (task, arguments, queue, priority, state, due_at, target,
        concurrency_key, concurrency_limit, max_attempts, lease_seconds, created_at)
    SELECT 't.do', '{}', :queue, :priority, 'waiting', :due + number * interval '1 microsecond',
        :target, :key, CASE WHEN CAST(:key AS text) IS NOT NULL THEN 1 END, 5, 30, :due
    FROM generate_series(1, :count) AS number"""
# Name of the case: what the rows that wait have in common.
CASES = {
    "alike": {},
    "held target": {"target": "mail", "priority": 3},
    "full key": {"key": "tenant-1", "priority": 3},
    "due later": {"priority": 3, "later": 3600},
}


class Bench:
    def __init__(self, url):
        self.database = Database(url, application="bench", pool_size=1)
        self.sender = MemorySender()
        self.ledger = Ledger(self.database, self.sender, SystemClock())

    def execute(self, statement, **values):
        with self.database.transaction() as session:
            return session.execute(text(statement), values)

    def fill(self, count, *, age=60, later=0, **values):
        due = datetime.now(UTC) - timedelta(seconds=age) + timedelta(seconds=later)
        given = {"queue": "alerts", "priority": 5, "target": None, "key": None} | values
        self.execute(ROWS, count=count, due=due, **given)

    def prepare(self, case, count):
        """`count` rows that wait, and those that are to go; what putting rows away has cost."""
        self.execute("TRUNCATE work_items, work_holds")
        soon = datetime.now(UTC) + timedelta(hours=1)
        self.execute("INSERT INTO work_holds VALUES ('mail', :until, 'bench', 'me')", until=soon)
        if case == "full key":
            self.fill(1, key="tenant-1", age=120)
            self.ledger.dispatch_due()
        self.fill(count, **CASES[case])
        cost = self.measured(self.put_away) if case == "full key" else None
        self.fill(PUBLISHED, age=90)
        self.execute("ANALYZE work_items")
        return cost

    def put_away(self):
        while self.ledger.dispatch_round().more:
            pass

    def rounds(self):
        """Seconds of each round that publishes, and CPU seconds of all of them."""
        seconds, own, server, sent = [], 0.0, 0.0, 0
        while sent < PUBLISHED:
            found = self.measured(self.ledger.dispatch_round)
            seconds.append(found["seconds"])
            own += found["own"]
            server += found["server"]
            sent += found["result"].sent
            self.end()
        return {
            "us_a_row": 1e6 * statistics.median(seconds) / ROUND,
            "cpu_us_a_row": 1e6 * own / sent,
            "server_cpu_us_a_row": 1e6 * server / sent,
        }

    def end(self):
        """What workers do, so that there is room again."""
        self.execute(
            "UPDATE work_items SET state = 'done', finished_at = now()"
            " WHERE state = 'published' AND concurrency_key IS NULL"
        )

    def measured(self, act):
        server = self.execute("SELECT pg_backend_pid()").scalar()
        before = cpu_seconds(server)
        own, wall = time.process_time(), time.perf_counter()
        result = act()
        return {
            "result": result,
            "seconds": time.perf_counter() - wall,
            "own": time.process_time() - own,
            "server": cpu_seconds(server) - before,
        }


def cpu_seconds(pid):
    """As the scheduler counts it: ticks are too coarse for one round."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def bench():
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    with (
        tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder,
        running(EmbeddedPostgres(Path(folder) / "postgres", durable=False)) as url,
    ):
        schema.upgrade(url)
        found = Bench(url)
        yield found
        found.database.dispose()


def run():
    found = {}
    with bench() as bench_here:
        bench_here.prepare("alike", 1_000)
        bench_here.rounds()  # plans and caches are warm
        for case in CASES:
            for size in SIZES:
                cost = bench_here.prepare(case, size)
                found[f"{case}, {size}"] = bench_here.rounds()
                if cost:
                    found[f"{case}, {size}"]["put_away_us_a_row"] = 1e6 * cost["seconds"] / size
    return found


def table(found):
    lines = ["{:24}{:>12}{:>12}{:>16}".format("µs a published row", "time", "CPU", "server's CPU")]
    for name, each in found.items():
        row = (each["us_a_row"], each["cpu_us_a_row"], each["server_cpu_us_a_row"])
        lines.append("{:24}{:12.1f}{:12.1f}{:16.1f}".format(name, *row))
    away = found["full key, 100000"]["put_away_us_a_row"]
    lines.append(f"rows of a full key are put away once, {away:.1f} µs each")
    return "\n".join(lines)
