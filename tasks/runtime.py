"""What the tasks of one process work with; each part is made on first use, after the fork."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from config import resilience, wiring
from config.resilience import Kept
from config.selfreport import SelfReport
from config.settings import Settings
from core.clock import Clock, SystemClock
from core.deadletters.spooled import LetterSpool
from core.errors import Category
from core.model import Project
from core.resilience.backoff import OWN_TASKS, RetryPolicy
from core.resilience.book import RetryBook
from core.resilience.breaker import guarded
from core.store import projects
from core.store.clock import DatabaseClock
from core.store.engine import Database
from core.store.retries import TASK
from core.work.ledger import Ledger
from tasks.queues import Queue
from tasks.sender import CelerySender

if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis

    from core.alerts.delivery import Deliverer
    from core.alerts.flushing import Flusher
    from core.deadletters import Means
    from core.digest.drain import Drain
    from core.digest.wake import Wake
    from core.hooks.telling import Announcer, Courier
    from core.plugins.plugins import Plugins
    from core.recovery.action import Action
    from core.recovery.probe import Probe
    from core.sagas import Sagas
    from core.store.transactions.twophase import TwoPhase
    from tasks.evaluating import Evaluating
    from tasks.mending import Mending
    from tasks.remedies import Remedies

log = structlog.get_logger()

OWN_PROJECT: Final = "mendline"
# How old the rates of retries may be in a process that runs tasks.
RATES_SECONDS: Final = 30
PARTS: Final = (
    "database",
    "databases",
    "deliverer",
    "redis",
    "resilience",
    "ledger",
    "remedies",
    "reporter",
    "retries",
    "sagas",
    "two_phase",
    "wake",
    "drain",
    "mending",
    "evaluating",
)


class Runtime:
    """One a process. `pool_size` suits a pool child, which runs one task at a time."""

    def __init__(self, app: "Celery", settings: Settings, *, pool_size: int = 2) -> None:
        self.settings = settings
        self.clock: Clock = SystemClock()
        self.app = app
        self.sender = CelerySender(app)
        self._pool_size = pool_size

    @cached_property
    def database(self) -> Database:
        return wiring.database(
            self.settings, application="mendline-tasks", pool_size=self._pool_size
        )

    @cached_property
    def redis(self) -> "Redis":
        return wiring.redis_client(self.settings)

    @cached_property
    def letters(self) -> LetterSpool:
        """Where dead letters go while PostgreSQL is away."""
        return wiring.letter_spool(self.settings)

    @cached_property
    def reporter(self) -> SelfReport:
        """Where our own failures go: to the project `mendline`, and to a Sentry if one is set."""
        told = self.settings.sentry_dsn
        addresses = [told.get_secret_value()] if told else []
        try:
            addresses += self._own_addresses()
        except SQLAlchemyError as error:
            log.warning("reporter.project_unknown", error=str(error))
        return SelfReport(addresses, process_name="tasks", release=version("mendline"))

    def _own_addresses(self) -> list[str]:
        url = self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}"
        with self.database.transaction() as session:
            project = session.scalar(select(Project).where(Project.name == OWN_PROJECT))
            key = projects.current_key(session, project.id) if project else None
        return [projects.dsn(url, key.public_key, key.project_id)] if key else []

    @cached_property
    def resilience(self) -> Kept:
        return resilience.breakers(self.settings, self.database, self.redis, self.clock)

    def guarded(self, target: str | None) -> AbstractContextManager[object]:
        """A call to what rows of the ledger have as their target; of ours, which has none, too."""
        return guarded(self.resilience.breakers, target) if target else nullcontext()

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.database, self.sender, DatabaseClock(self.database, self.clock))

    @cached_property
    def retries(self) -> RetryBook:
        """What is known of how retries go."""
        return RetryBook(self.database, self.clock)

    def learn(self) -> None:
        """Keeps that fresh; before any transaction, as it may wait for the database."""
        self.retries.exchange_if_due(every=RATES_SECONDS)

    def policies(self, category: Category, task: str) -> Mapping[Category, RetryPolicy]:
        """How a failure of that kind is retried, as retries of that task have gone lately."""
        usual = OWN_TASKS.get(category)
        if usual is None:
            return OWN_TASKS
        self.learn()
        return {category: self.retries.adapted(usual, str(category), f"{TASK}{task}")}

    @cached_property
    def sagas(self) -> "Sagas":
        from core.sagas import Sagas  # noqa: PLC0415 (most processes take no step of one)
        from tasks.sagas import registry  # noqa: PLC0415

        return Sagas(self.database, self.ledger, registry, self.clock)

    @cached_property
    def databases(self) -> dict[str, Database]:
        """What can take part in transactions of two phases."""
        declared = wiring.databases(self.settings, application="mendline-tasks")
        return {wiring.OWN_DATABASE: self.database, **declared}

    @cached_property
    def two_phase(self) -> "TwoPhase":
        """Begins transactions over several databases."""
        from core.store.transactions.twophase import TwoPhase  # noqa: PLC0415 (few need it)

        return TwoPhase(self.database, self.databases, self.clock)

    @property
    def replaying(self) -> "Means":
        """What sends dead letters again."""
        from core.deadletters import Means  # noqa: PLC0415 (slow to import; most send none)

        return Means(
            add=self.ledger.add,
            cancel=partial(self.ledger.cancel, reason="recalled"),
            brokers=self.settings.brokers,
            queues=frozenset(Queue),
        )

    @cached_property
    def plugins(self) -> "Plugins":
        """The plug-ins that are installed beside us."""
        from core.plugins.plugins import Plugins  # noqa: PLC0415 (loads code of others)

        found = Plugins()
        found.load()
        return found

    @property
    def announcer(self) -> "Announcer":
        from core.hooks.telling import Announcer  # noqa: PLC0415 (slow to import)

        return Announcer(self.ledger.add, plugged=bool(self.plugins.names))

    @property
    def courier(self) -> "Courier":
        """What carries messages to the endpoints of hooks."""
        from core.hooks.telling import Courier  # noqa: PLC0415 (slow to import)

        return Courier(wiring.outbound(self.settings), wiring.seal(self.settings))

    @property
    def flusher(self) -> "Flusher":
        """What decides who is told of alerts."""
        from config import alerting  # noqa: PLC0415 (few processes tell of alerts)
        from core.alerts.flushing import Flusher  # noqa: PLC0415

        plan = alerting.plan(self.settings)
        return Flusher(plan, self.ledger.add, public_url=wiring.public_url(self.settings))

    @cached_property
    def deliverer(self) -> "Deliverer":
        """What gets notifications of alerts to their channels."""
        from tasks.telling import deliverer  # noqa: PLC0415 (slow to import; few tell)

        return deliverer(self)

    @cached_property
    def remedies(self) -> "Remedies":
        from tasks.remedies import Remedies  # noqa: PLC0415 (most processes mend nothing)

        return Remedies(self)

    @cached_property
    def wake(self) -> "Wake":
        """Called after rows were committed to the inbox."""
        from tasks import digestion  # noqa: PLC0415 (slow to import; most processes digest nothing)

        return digestion.wake(self)

    @cached_property
    def drain(self) -> "Drain":
        from tasks import digestion  # noqa: PLC0415 (slow to import; most processes digest nothing)

        return digestion.drain(self)

    @cached_property
    def mending(self) -> "Mending":
        """What plans, carries out and verifies recoveries."""
        from tasks.mending import Mending  # noqa: PLC0415 (slow to import; most mend nothing)

        return Mending.of(self)

    @cached_property
    def evaluating(self) -> "Evaluating":
        """What looks at the rules of alerts."""
        from tasks.evaluating import Evaluating  # noqa: PLC0415 (slow to import; one pool does)

        return Evaluating(self)

    @property
    def actions(self) -> "Mapping[str, Action]":
        """What recovery can do, by name."""
        from core.recovery import plugged  # noqa: PLC0415 (slow to import; most mend nothing)

        return {**plugged.actions(self.plugins), **self.remedies.actions}

    @property
    def probes(self) -> "Mapping[str, Probe]":
        """What recovery can ask, by name."""
        return self.remedies.probes

    def after_fork(self) -> None:
        """Drops the parent's connections without closing them for the parent."""
        if "database" in self.__dict__:
            self.database.forget()
        for name in PARTS:
            self.__dict__.pop(name, None)
