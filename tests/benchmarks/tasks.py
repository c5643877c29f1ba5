"""What our base class adds to a task: CPU and memory against a bare Celery task, same row.

One worker runs both kinds in alternating batches; its CPU is what the scheduler of the operating
system has counted for the whole process tree. Memory is the proportional set size of a tree of
its own for each kind. The ledgered kind is reported beside the pair: it does more.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import text

from config import telemetry
from core.store import schema
from core.store.engine import Database
from core.store.work import WorkOrder
from core.store.work import add as add_work
from tests.benchmarks.task_pair import TABLE
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

ROOT = Path(__file__).resolve().parents[2]
PAIRS = 40
BATCH = 200
MEMORY_TASKS = 10_000
GIVE_UP_SECONDS = 300
# Two-sided 95 % of Student's t for 39 degrees of freedom.
STUDENT = 2.023


def cpu_seconds(tree):
    """To the nanosecond, as the scheduler counts it, over all threads of the processes."""
    threads = [thread for each in tree for thread in Path(f"/proc/{each.pid}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def pss_bytes(tree):
    return sum(each.memory_full_info().pss for each in tree)


class Bench:
    """A worker of one child, and what it is given to do."""

    def __init__(self, database, environment):
        self.database = database
        self.environment = environment
        self.app = _app()

    @contextmanager
    def worker(self):
        arguments = ["-A", "tasks.app", "worker", "-c", "1", "-n", "bench@local"]
        include = ["--include", "tests.benchmarks.task_pair", "--max-tasks-per-child", "1000000"]
        started = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments, *include],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
        )
        try:
            for side in ("bare", "ours", "ledgered"):
                self.batch((), side, 50)
            process = psutil.Process(started.pid)
            yield (process, *process.children(recursive=True))
        finally:
            started.terminate()
            started.wait(30)

    def batch(self, tree, side, size):
        """CPU seconds of the worker's processes for that many tasks of a kind."""
        done = self._done(side) + size
        before = cpu_seconds(tree)
        self._send(side, size)
        end = time.monotonic() + GIVE_UP_SECONDS
        while self._done(side) < done:
            if time.monotonic() > end:
                raise TimeoutError(f"{side}: the worker does not get done")
            time.sleep(0.02)
        return cpu_seconds(tree) - before

    def _send(self, side, size):
        if side == "ledgered":
            self._order(size)
            return
        with self.app.producer_pool.acquire() as producer:
            for number in range(size):
                self.app.send_task(
                    f"bench.{side}",
                    kwargs={"number": number},
                    queue="maintenance",
                    producer=producer,
                )

    def _order(self, size):
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            for number in range(size):
                order = WorkOrder("bench.ledgered", {"number": number}, "maintenance")
                add_work(session, order, now)
        while self.app.runtime.ledger.dispatch_due(200):
            pass

    def _done(self, side):
        with self.database.transaction() as session:
            counted = text("SELECT count(*) FROM bench_rows WHERE side = :side")
            return session.scalar(counted, {"side": side})


def _app():
    from tasks.app import app  # noqa: PLC0415 - reads the environment that was set just now

    return app


@contextmanager
def bench():
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        scratch = Path(folder)
        with (
            running(EmbeddedPostgres(scratch / "postgres", durable=False)) as postgres,
            running(EmbeddedRedis(scratch / "redis", durable=False)) as broker,
        ):
            environment = {
                "MENDLINE_DATABASE_URL": postgres,
                "MENDLINE_REDIS_URL": broker,
                "MENDLINE_DATA_DIR": folder,
                "MENDLINE_SECRET_KEY": "0" * 64,
                telemetry.DIRECTORY_VARIABLE: str(telemetry.prepare(scratch)),
            }
            os.environ.update(environment)
            schema.upgrade(postgres)
            database = Database(postgres, application="bench")
            with database.transaction() as session:
                session.execute(text(TABLE))
            yield Bench(database, environment)
            database.dispose()


def interval(values):
    """Mean and half of the 95 % interval."""
    half = STUDENT * statistics.stdev(values) / math.sqrt(len(values))
    return statistics.fmean(values), half


def measure_cpu(found, pairs):
    sides = {"bare": [], "ours": [], "ledgered": []}
    with found.worker() as tree:
        for pair in range(pairs):
            order = ("bare", "ours") if pair % 2 else ("ours", "bare")
            for side in order:
                sides[side].append(found.batch(tree, side, BATCH) / BATCH)
            if pair % 6 == 0:
                sides["ledgered"].append(found.batch(tree, "ledgered", BATCH) / BATCH)
    return sides


def measure_memory(found, side, tasks):
    with found.worker() as tree:
        found.batch(tree, side, tasks)
        return pss_bytes(tree)


def run(pairs=PAIRS, memory_tasks=MEMORY_TASKS):
    with bench() as found:
        sides = measure_cpu(found, pairs)
        memory = {side: measure_memory(found, side, memory_tasks) for side in ("bare", "ours")}
    overheads = [o - b for o, b in zip(sides["ours"], sides["bare"], strict=True)]
    bare = statistics.fmean(sides["bare"])
    mean, half = interval(overheads)
    return {
        "pairs": pairs,
        "tasks_a_batch": BATCH,
        "bare_cpu_us": bare * 1e6,
        "ours_cpu_us": statistics.fmean(sides["ours"]) * 1e6,
        "ledgered_cpu_us": statistics.fmean(sides["ledgered"]) * 1e6,
        "overhead_us": mean * 1e6,
        "overhead_us_half_interval": half * 1e6,
        "overhead_us_median": statistics.median(overheads) * 1e6,
        "overhead_percent": 100 * mean / bare,
        "overhead_percent_interval": [100 * (mean - half) / bare, 100 * (mean + half) / bare],
        "memory_tasks": memory_tasks,
        "bare_pss_bytes": memory["bare"],
        "ours_pss_bytes": memory["ours"],
        "memory_percent": 100 * (memory["ours"] / memory["bare"] - 1),
    }


def table(found):
    low, high = found["overhead_percent_interval"]
    cpu = (found["bare_cpu_us"], found["ours_cpu_us"], found["ledgered_cpu_us"])
    memory = (found["bare_pss_bytes"] / 1e6, found["ours_pss_bytes"] / 1e6)
    pairs = f"{found['pairs']} pairs of {found['tasks_a_batch']} tasks"
    microseconds = f"{found['overhead_us']:+.0f} ± {found['overhead_us_half_interval']:.0f} µs"
    percent = f"{found['overhead_percent']:+.1f} % (95 %: {low:+.1f} to {high:+.1f} %)"
    return "\n".join(
        [
            "{:22}{:>12}{:>12}{:>12}".format("", "bare", "ours", "ledgered"),
            "{:22}{:12.0f}{:12.0f}{:12.0f}".format("CPU a task, µs", *cpu),
            "{:22}{:12.1f}{:12.1f}".format("PSS of the tree, MB", *memory),
            f"CPU overhead {microseconds} a task, {percent}, {pairs}",
            f"median of the pairs {found['overhead_us_median']:+.0f} µs",
            f"memory overhead {found['memory_percent']:+.1f} % after {found['memory_tasks']} tasks",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--memory-tasks", type=int, default=MEMORY_TASKS)
    options = parser.parse_args()
    found = run(options.pairs, options.memory_tasks)
    print(json.dumps(found, indent=2), table(found), sep="\n")


if __name__ == "__main__":
    main()
