"""What the routes work with: composed once a process by its entry point, handed in as one value."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import Depends, FastAPI, Request
from redis import Redis
from starlette.concurrency import run_in_threadpool

from config import wiring
from config.settings import Settings
from core.clock import Clock
from core.deadletters import Means
from core.intake.service import IntakeService
from core.recovery.hearing import Engine
from core.resilience.breaker import Breakers
from core.store.engine import Database
from core.store.payloads import Payloads
from core.work.ledger import Ledger
from core.work.sender import TaskSender
from tasks.queues import Queue
from web.api.auth import Keyring
from web.api.board import Board
from web.api.problems import Report, nobody
from web.intake.app import no_advice
from web.intake.endpoints import Advise

if TYPE_CHECKING:
    from core.sagas import Sagas

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    clock: Clock
    intake: IntakeService
    sender: TaskSender
    ledger: Ledger
    redis: Redis
    keyring: Keyring
    payloads: Payloads
    breakers: Breakers
    engine: Callable[[], Engine]
    advise: Advise = no_advice
    board: Board = field(default_factory=Board)
    report: Report = nobody
    closing: tuple[Callable[[], None], ...] = ()

    @property
    def replaying(self) -> Means:
        """What sends dead letters again."""
        cancel = partial(self.ledger.cancel, reason="recalled")
        return Means(self.ledger.add, cancel, self.settings.brokers, frozenset(Queue))

    @property
    def sagas(self) -> "Sagas":
        from core.sagas import Sagas  # noqa: PLC0415 (most requests begin none)
        from tasks.sagas import registry  # noqa: PLC0415

        return Sagas(self.database, self.ledger, registry, self.clock)

    @property
    def public_url(self) -> str:
        return wiring.public_url(self.settings)


async def services(request: Request) -> Services:
    """Not a plain function: each of those costs a request a way through a thread and back."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Intake outlives the last request: what was accepted is written before the process ends."""
    found: Services = app.state.services
    await found.intake.start()
    log.info("api.started", address=f"http://{found.settings.host}:{found.settings.port}")
    try:
        yield
    finally:
        await found.intake.stop()
        for close in found.closing:
            await run_in_threadpool(close)
        found.database.dispose()
        log.info("api.stopped")


Provided = Annotated[Services, Depends(services)]
