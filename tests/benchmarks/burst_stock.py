"""The same burst for Celery alone: the least that a burst takes on this machine.

It is given all that a platform does not have. Nothing else runs; all children are there and warm;
all messages are at the broker before the first is taken; nothing is fenced, leased or told to
anybody, and a task leaves its row by one statement.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg

from tests.benchmarks import stock
from tests.benchmarks.tasks import ROOT
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

WARM_UP = 20  # for each child
QUEUE = "celery"
LOOK_SECONDS = 0.1
GIVE_UP_SECONDS = 300
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")
COUNT = "SELECT count(*) FROM stock WHERE item >= %s"


class Stock:
    def __init__(self, database, app):
        self.database = database
        self.app = app

    def order(self, numbers, seconds):
        with self.app.producer_pool.acquire() as producer:
            for number in numbers:
                self.app.send_task("stock.effect", (number, seconds), producer=producer)

    def await_rows(self, number, *, since=0):
        end = time.monotonic() + GIVE_UP_SECONDS
        while self.database.execute(COUNT, (since,)).fetchone()[0] < number:
            if time.monotonic() > end:
                raise TimeoutError("Celery does not get done")
            time.sleep(LOOK_SECONDS)

    def drained(self, items, seconds):
        """Seconds from the first message taken to the last started; processor time of an item."""
        self.database.execute("TRUNCATE stock")
        self.app.control.cancel_consumer(QUEUE, reply=True)
        self.order(range(items), seconds)
        busy, begun = processor_seconds(), time.time()
        self.app.control.add_consumer(QUEUE, reply=True)
        self.await_rows(items)
        used = processor_seconds() - busy
        last = self.database.execute("SELECT max(started) FROM stock").fetchone()[0]
        return {
            "items": items,
            "seconds_of_an_item": seconds,
            "longest_wait": last - begun,
            "cpu_ms_an_item": 1000 * used / items,
        }


def processor_seconds():
    """Of the whole machine, on which nothing else runs."""
    spent = psutil.cpu_times()
    return sum(spent) - spent.idle - spent.iowait


@contextmanager
def stock_celery(children):
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder, ExitStack() as stack:
        scratch = Path(folder)
        database = stack.enter_context(running(EmbeddedPostgres(scratch / "pg")))
        broker = stack.enter_context(running(EmbeddedRedis(scratch / "redis")))
        session = stack.enter_context(psycopg.connect(database, autocommit=True))
        session.execute(stock.TABLE)
        environment = os.environ | {stock.BROKER: broker, stock.DATABASE: database}
        command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.stock", "worker"]
        process = subprocess.Popen(
            [*command, "-c", str(children), *ALONE],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stock.app.conf.broker_url = broker
        try:
            yield Stock(session, stock.app)
        finally:
            process.terminate()
            process.wait(60)


def run(items, *, children, seconds):
    """The same items, and such as take no time at all."""
    with stock_celery(children) as celery:
        warm = WARM_UP * children
        celery.order([-1] * warm, 0)
        celery.await_rows(warm, since=-1)
        return [celery.drained(items, each) for each in (seconds, 0)]
