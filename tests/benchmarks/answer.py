"""What the advice in the answer of `POST /api/errors` costs: CPU time of the process, a request.

Both sides take in the same report with the same server in the same process; only one has an
adviser, with its counts in a Redis and a breaker for the component.
"""

import json
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import redis

from config import resilience
from config.knowledge import knowledge
from config.recovery import policies
from config.settings import Settings
from core.clock import SystemClock
from core.recovery.adviser import Adviser
from core.recovery.attempts import RedisAttempts, SteadyAttempts
from core.recovery.obstacles import Obstacles
from core.resilience.bucket import RedisBuckets
from core.resilience.budget import BudgetSettings, RetryBudget
from core.store import projects, schema
from core.store.engine import Database
from tests.integration.web.intake.server import serving, settings
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

AIM_MS = 2
REQUESTS = 150
ROUNDS = 3
REPORTS = {
    "refused connection": {
        "error": {"type": "ConnectionRefusedError", "message": "[Errno 111] Connection refused"}
    },
    "PowerShell": {
        "error": "The remote server returned an error: (503) Server Unavailable.",
        "context": {"operation": "resolve", "module": "DependencyResolver"},
    },
    "bug": {
        "error": {
            "type": "KeyError",
            "message": "'total'",
            "stacktrace": 'File "/srv/shop/cart.py", line 7, in total\n    return prices["total"]',
        }
    },
}


def run():
    with tempfile.TemporaryDirectory(prefix="mendline-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        with running(postgres) as url, running(EmbeddedRedis(Path(folder) / "redis")) as counts:
            schema.upgrade(url)
            return _compared(url, counts, Path(folder))


def _compared(url, counts, folder):
    database = Database(url, application="bench")
    with database.transaction() as session:
        key = projects.create(session, "default", now=SystemClock().now())[1].public_key
    database.dispose()
    attempts = SteadyAttempts(RedisAttempts(redis.Redis.from_url(counts)), SystemClock())
    with (
        _surroundings(url, counts) as around,
        serving(settings(url, folder / "without")) as without,
        serving(
            settings(url, folder / "with"),
            advise=Adviser(knowledge(), policies, attempts, surroundings=around),
        ) as advised,
    ):
        pairs = {name: _pair(without, advised, key, body) for name, body in REPORTS.items()}
    worst = max(found["added_ms"] for found in pairs.values())
    return {"requests": REQUESTS * ROUNDS, "by_report": pairs, "worst_added_ms": worst}


@contextmanager
def _surroundings(url, counts):
    """A breaker that is there and closed, a budget with enough in it."""
    client, clock = redis.Redis.from_url(counts), SystemClock()
    found = Settings(database_url=url, redis_url=counts)
    kept = resilience.breakers(found, Database(url, application="bench"), client, clock)
    kept.breakers.sync("shop")
    plenty = BudgetSettings(capacity=1e9)
    yield Obstacles(kept.breakers, RetryBudget(RedisBuckets(client), clock, plenty), clock)
    kept.tender.close()


def _pair(without, advised, key, report):
    """Turn and turn about; the least of the rounds is what the work itself costs."""
    body = json.dumps({**report, "component": "shop"})
    for served in (without, advised):
        _spent(served, key, body, 20)
    rounds = [[_spent(served, key, body) for served in (without, advised)] for _ in range(ROUNDS)]
    plain, more = (min(side) for side in zip(*rounds, strict=True))
    return {"without_ms": plain, "with_ms": more, "added_ms": more - plain}


def _spent(served, key, body, requests=REQUESTS):
    begun = time.process_time()
    for _ in range(requests):
        served.answers.post(f"/k/{key}/api/errors", content=body).raise_for_status()
    return (time.process_time() - begun) * 1000 / requests


def table(found):
    lines = [f"{'report':<20} {'without':>9} {'with':>9} {'added':>9}   µs of CPU a request"]
    for name, pair in found["by_report"].items():
        figures = (pair["without_ms"], pair["with_ms"], pair["added_ms"])
        lines.append(f"{name:<20} " + " ".join(f"{each * 1000:>9.0f}" for each in figures))
    return "\n".join([*lines, f"aim: at most {AIM_MS * 1000} µs added"])
