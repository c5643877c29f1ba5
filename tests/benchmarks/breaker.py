"""Circuit breakers: what a call behind one costs, and 10,000 callers of a flapping server.

The cost is the whole process's CPU time, its thread that tells and renews included, with real
Redis and PostgreSQL. `empty` is the same loop without any breaker; the aim is 60 µs a call.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

from core.clock import SystemClock
from core.resilience.breaker import Breakers, Listeners, guarded
from core.resilience.breaker.redis_shared import RedisBreakers
from core.resilience.breaker.rows import RowChronicle
from core.resilience.breaker.settings import BreakerSettings, SettingsBook
from core.resilience.breaker.tender import Tender
from core.store import schema
from core.store.engine import Database
from tests.integration.core.resilience.flapping import LEDGER
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

CALLS = 300_000
AIM = 60
SHAPE = ("--phase=12", "--reset=4", "--window=6", "--latency=3", "--pause=2", "--warm=4")
FLAPPING = "tests.integration.core.resilience.flapping"
ROOT = Path(__file__).parents[2]


def run(calls=CALLS, callers=1_250):
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        stores = (EmbeddedPostgres(Path(folder) / "pg"), EmbeddedRedis(Path(folder) / "redis"))
        with running(stores[0]) as database, running(stores[1]) as cache:
            schema.upgrade(database)
            return {
                "us_per_call": costs(database, cache, calls),
                "flapping": flapping(database, cache, callers),
            }


def costs(database_url, redis_url, calls):
    database = Database(database_url, application="bench")
    with redis.Redis.from_url(redis_url) as client:
        tender = Tender(client)
        breakers = Breakers(
            RedisBreakers(client),
            RowChronicle(database, LEDGER),
            book=SettingsBook(BreakerSettings(threshold=1_000_000)),
            clock=SystemClock(),
            reporter="bench",
            listeners=Listeners(used=tender.used),
        )
        tender.attach(breakers)
        kinds = {
            "empty": empty,
            "acquire_and_report": plain,
            "with": managed,
            "decorator": decorated,
            "async_with": awaited,
            "one_of_ten_fails": failing,
        }
        found = {name: measured(kind, breakers, calls) for name, kind in kinds.items()}
        found["a_call_a_millisecond"] = paced(breakers)
        tender.close()
    database.dispose()
    return found


def measured(kind, breakers, calls):
    breakers.sync("bench")
    begun = time.process_time()
    kind(breakers, calls)
    breakers.flush()
    return (time.process_time() - begun) / calls * 1e6


def empty(_breakers, calls):
    for _ in range(calls):
        pass


def plain(breakers, calls):
    for _ in range(calls):
        breakers.report(breakers.acquire("bench"), ok=True, seconds=0.001)


def managed(breakers, calls):
    for _ in range(calls):
        with guarded(breakers, "bench"):
            pass


def decorated(breakers, calls):
    @guarded(breakers, "bench")
    def call():
        pass

    for _ in range(calls):
        call()


def awaited(breakers, calls):
    async def go():
        for _ in range(calls):
            async with guarded(breakers, "bench"):
                pass

    asyncio.run(go())


def failing(breakers, calls):
    for number in range(calls):
        breakers.report(breakers.acquire("bench"), ok=number % 10 > 0, seconds=0.001)


def paced(breakers, seconds=5.0):
    """At a rate where telling and renewing is spread over few calls; the pauses cost nothing."""
    calls, ends = 0, time.monotonic() + seconds
    sleeping = slept(seconds)
    begun = time.process_time()
    while time.monotonic() < ends:
        breakers.report(breakers.acquire("bench"), ok=True, seconds=0.001)
        time.sleep(0.001)
        calls += 1
    return ((time.process_time() - begun) - sleeping * calls) / calls * 1e6


def slept(seconds):
    """CPU seconds of one pause."""
    begun, count, ends = time.process_time(), 0, time.monotonic() + seconds / 5
    while time.monotonic() < ends:
        time.sleep(0.001)
        count += 1
    return (time.process_time() - begun) / count


def flapping(database, cache, callers):
    options = [f"--database={database}", f"--redis={cache}", f"--calls={callers}"]
    done = subprocess.run(
        [sys.executable, "-m", FLAPPING, *options, *SHAPE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def table(found):
    lines = [f"{'a call':<22}{'µs CPU':>8}"]
    lines += [f"{name:<22}{us:>8.2f}" for name, us in found["us_per_call"].items()]
    lines.append(f"aim: {AIM} µs")
    lines += [f"{name}: {value}" for name, value in found["flapping"].items()]
    return "\n".join(lines)
