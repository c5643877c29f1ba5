"""The process `api`: composes intake and the management API from the settings and serves both.

`python -m web.serve`. On SIGTERM no new connection is taken, what was begun is answered, what was
accepted is written, and the process ends with 0.
"""

import gc
import sys
from functools import partial
from os import environ
from socket import socket
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from config import logging, loglines, machine, resilience, wiring
from config.knowledge import knowledge
from config.recovery import policies
from config.settings import Settings
from config.telemetry import EVENTS_ACCEPTED, EVENTS_REJECTED, EVENTS_SKIPPED, INTAKE_COMMITS
from core.clock import SystemClock
from core.intake.service import IntakeService, IntakeSettings, Listeners
from core.recovery.adviser import Adviser
from core.recovery.attempts import RedisAttempts, SteadyAttempts
from core.recovery.obstacles import Obstacles, refill
from core.resilience.book import Exchanging, RetryBook
from core.resilience.bucket import RedisBuckets
from core.resilience.budget import RetryBudget
from core.store.books import Account
from core.store.clock import DatabaseClock
from core.store.payloads import Payloads
from core.work.ledger import Ledger
from tasks.app import app as celery
from tasks.digestion import wake
from tasks.runtime import Runtime
from web.api.app import create_app
from web.api.auth import Keyring
from web.api.services import Services
from web.forks import Forks

log = structlog.get_logger()

GRACE_SECONDS: Final = 10
# Longer than clients keep an idle connection: it is theirs to close, so none is closed under them.
IDLE_SECONDS: Final = 75
CONNECTIONS: Final = 10
# A client waits for its advice; a Redis that is slower than this is done without.
ADVICE_SECONDS: Final = 0.25
ACCEPTED: Final = EVENTS_ACCEPTED.labels("http")


def compose(settings: Settings) -> Services:
    runtime = Runtime(celery, settings)
    database = wiring.database(settings, application="mendline-api", pool_size=CONNECTIONS)
    clock, waker = SystemClock(), wake(runtime)
    keyring = Keyring(database, clock)
    memory_short = machine.Watch(machine.watermarks(settings), lambda: _relieve(keyring))
    hasty = wiring.redis_client(settings, patience=ADVICE_SECONDS)
    budget = RetryBudget(RedisBuckets(hasty), clock)
    intake = IntakeService(
        IntakeSettings(
            database_url=database.url,
            spool_dir=wiring.spool_dir(settings),
            keys_file=settings.data_dir / "keys.json",
            limits=wiring.limits(settings),
        ),
        clock=clock,
        listeners=Listeners(
            wake=waker,
            observe=_count,
            committed=_committed,
            memory_short=memory_short,
            succeeded=partial(refill, budget),
        ),
    )
    kept = resilience.breakers(settings, database, runtime.redis, clock)
    obstacles = Obstacles(kept.breakers, budget, clock)
    lessons = Exchanging(RetryBook(database, clock))
    attempts = SteadyAttempts(RedisAttempts(hasty), clock)
    known = knowledge(settings.knowledge_dir)
    return Services(
        settings=settings,
        database=database,
        clock=clock,
        intake=intake,
        sender=runtime.sender,
        ledger=Ledger(database, runtime.sender, DatabaseClock(database, clock)),
        redis=runtime.redis,
        keyring=keyring,
        payloads=Payloads(),
        breakers=kept.breakers,
        engine=lambda: runtime.mending.engine,
        advise=Adviser(known, policies, attempts, surroundings=obstacles, lessons=lessons),
        report=lambda error: runtime.reporter.exception(error, process="api"),
        closing=(
            waker.close,
            kept.tender.close,
            lessons.close,
            runtime.redis.close,
            hasty.close,
        ),
    )


def _relieve(keyring: Keyring) -> None:
    """What can be looked up or collected again need not be in memory."""
    keyring.forget()
    gc.collect()


def _count(account: Account, reason: str, count: int) -> None:
    metric = EVENTS_REJECTED if account is Account.REJECTED else EVENTS_SKIPPED
    metric.labels(reason).inc(count)


def _committed(size: int) -> None:
    """What was spooled counts once, too: when it is drained."""
    ACCEPTED.inc(size)
    INTAKE_COMMITS.observe(size)


def build() -> ASGIApp:
    """What each server process runs; the process that forks them has no connections of its own."""
    settings = wiring.discovered(Settings())
    logging.configure(environ.get("MENDLINE_PROCESS", "api"), settings.log_level)
    return create_app(compose(settings))


def options(settings: Settings) -> dict[str, Any]:
    return {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "timeout_keep_alive": IDLE_SECONDS,
    }


def main() -> None:
    settings = wiring.discovered(Settings())
    logging.configure(environ.get("MENDLINE_PROCESS", "api"), settings.log_level)
    loglines.begin(settings)
    config = uvicorn.Config(build, **options(settings))
    port = socket(fileno=given) if (given := settings.listen_fd) else config.bind_socket()
    sys.exit(Forks(lambda: serve(config, port), settings.api_workers).run())


def serve(config: uvicorn.Config, port: socket) -> None:
    server = uvicorn.Server(config)
    server.run(sockets=[port])
    if not server.started:
        sys.exit("The API did not start; the last lines say why.")


if __name__ == "__main__":
    main()
