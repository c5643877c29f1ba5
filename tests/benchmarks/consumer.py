"""What the hardened consumer costs: CPU of a worker per message, against Celery's own consumer.

Two workers of one child each stand side by side, one with our consumer, Redis transport and
request, one with Celery's; the same task comes to them in alternating batches, with the arguments
of a typical message. The CPU is what the scheduler of the operating system has counted for the
process tree of the worker whose batch it is.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import redis
from celery import Celery

from core.store import schema
from tasks.configuration import celery_settings
from tests.benchmarks.tasks import GIVE_UP_SECONDS, ROOT, cpu_seconds, interval
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

PAIRS = 40
BATCH = 500
WARM_UP = 200
QUEUES = {"stock": "maintenance", "ours": "fixes"}
TEXT = "x" * 300


class Side:
    """One of the two workers."""

    def __init__(self, name, app, broker, process):
        self.name = name
        self.app = app
        self.broker = broker
        self.tree = (process, *process.children(recursive=True))

    def batch(self, size):
        """CPU seconds of the worker's processes for that many messages."""
        done = self._done() + size
        before = cpu_seconds(self.tree)
        with self.app.producer_pool.acquire() as producer:
            for number in range(size):
                self.app.send_task(
                    "bench.counted",
                    kwargs={"number": number, "text": TEXT},
                    queue=QUEUES[self.name],
                    producer=producer,
                )
        end = time.monotonic() + GIVE_UP_SECONDS
        while self._done() < done:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: the worker does not get done")
            time.sleep(0.02)
        return cpu_seconds(self.tree) - before

    def _done(self):
        return int(self.broker.get(f"bench-{self.name}") or 0)


@contextmanager
def worker(name, environment):
    arguments = ["-A", "tests.benchmarks.consumer_pair", "worker", "-c", "1"]
    options = ["-n", f"{name}@bench", "-Q", QUEUES[name], "--max-tasks-per-child", "1000000"]
    started = subprocess.Popen(
        [sys.executable, "-m", "celery", *arguments, *options],
        cwd=ROOT,
        env={**os.environ, **environment, "MENDLINE_BENCH_CONSUMER": name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield psutil.Process(started.pid)
    finally:
        started.terminate()
        started.wait(30)


@contextmanager
def sides():
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder, ExitStack() as stack:
        scratch = Path(folder)
        postgres = stack.enter_context(running(EmbeddedPostgres(scratch / "pg", durable=False)))
        broker = stack.enter_context(running(EmbeddedRedis(scratch / "redis", durable=False)))
        environment = {
            "MENDLINE_DATABASE_URL": postgres,
            "MENDLINE_REDIS_URL": broker,
            "MENDLINE_DATA_DIR": folder,
            "MENDLINE_SECRET_KEY": "0" * 64,
        }
        os.environ.update(environment)
        schema.upgrade(postgres)
        client = stack.enter_context(redis.Redis.from_url(broker))
        app = _sender()
        found = []
        for name in QUEUES:
            process = stack.enter_context(worker(name, environment))
            Side(name, app, client, process).batch(WARM_UP)  # its child is there now
            found.append(Side(name, app, client, process))
        yield found


def _sender():
    from config.settings import Settings  # noqa: PLC0415 - reads what was set just now

    app = Celery("bench", set_as_current=False)
    app.conf.update(celery_settings(Settings()))
    return app


def run(pairs=PAIRS):
    costs = {name: [] for name in QUEUES}
    with sides() as found:
        for pair in range(pairs):
            for side in found if pair % 2 else reversed(found):
                costs[side.name].append(side.batch(BATCH) / BATCH)
    overheads = [ours - stock for ours, stock in zip(costs["ours"], costs["stock"], strict=True)]
    stock = statistics.fmean(costs["stock"])
    mean, half = interval(overheads)
    return {
        "pairs": pairs,
        "messages_a_batch": BATCH,
        "stock_cpu_us": stock * 1e6,
        "ours_cpu_us": statistics.fmean(costs["ours"]) * 1e6,
        "overhead_us": mean * 1e6,
        "overhead_us_half_interval": half * 1e6,
        "overhead_us_median": statistics.median(overheads) * 1e6,
        "overhead_percent": 100 * mean / stock,
        "overhead_percent_interval": [100 * (mean - half) / stock, 100 * (mean + half) / stock],
    }


def table(found):
    low, high = found["overhead_percent_interval"]
    cpu = (found["stock_cpu_us"], found["ours_cpu_us"])
    microseconds = f"{found['overhead_us']:+.0f} ± {found['overhead_us_half_interval']:.0f} µs"
    percent = f"{found['overhead_percent']:+.1f} % (95 %: {low:+.1f} to {high:+.1f} %)"
    pairs = f"{found['pairs']} pairs of {found['messages_a_batch']} messages"
    return "\n".join(
        [
            "{:22}{:>12}{:>12}".format("", "stock", "hardened"),
            "{:22}{:12.0f}{:12.0f}".format("CPU a message, µs", *cpu),
            f"CPU overhead {microseconds} a message, {percent}, {pairs}",
            f"median of the pairs {found['overhead_us_median']:+.0f} µs",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    found = run(parser.parse_args().pairs)
    print(json.dumps(found, indent=2), table(found), sep="\n")


if __name__ == "__main__":
    main()
