"""What one process knows of how retries go: counted in memory, exchanged with the rows in turns."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.resilience import adaptive
from core.resilience.adaptive import NOTHING, USUAL, Bounds, Rate, Rates
from core.resilience.backoff import RetryPolicy
from core.store import retries
from core.store.engine import Database
from core.store.retries import MOST_ATTEMPTS, Count, Slot, Sum

log = structlog.get_logger()

# Rates older than this no longer count, so that what was given up is tried again.
WINDOW: Final = timedelta(hours=24)
LONGEST_COMPONENT: Final = 200
# What is counted between two exchanges; beyond it, a flood of names says nothing.
MOST_SLOTS: Final = 5_000
PATIENCE: Final = 5.0

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """All rates of a time: of components, and of all components of a category together."""

    by_component: Mapping[tuple[str, str], Rates] = field(default_factory=dict)
    by_category: Mapping[tuple[str, bool], Rates] = field(default_factory=dict)

    def of(self, category: str, component: str, *, evidence: int) -> Rates:
        """The component's own where there are enough of them, else its category's."""
        own = self.by_component.get((category, component), {})
        if sum(rate.tried for rate in own.values()) >= evidence:
            return own
        return self.by_category.get((category, _is_task(component)), {})


def known(rows: Iterable[Sum]) -> Known:
    """Tasks of ours and reported errors of a category are summed apart."""
    by_component: dict[tuple[str, str], dict[int, Rate]] = {}
    by_category: dict[tuple[str, bool], dict[int, Rate]] = {}
    for category, component, attempt, tried, failed in rows:
        rate = Rate(tried, failed)
        by_component.setdefault((category, component), {})[attempt] = rate
        sums = by_category.setdefault((category, _is_task(component)), {})
        sums[attempt] = sums.get(attempt, NOTHING) + rate
    return Known(by_component, by_category)


def _is_task(component: str) -> bool:
    return component.startswith(retries.TASK)


class RetryBook:
    """Answers from memory; only `exchange` does input and output.

    Counts that were not exchanged when the process was killed are missing from the rates, which
    does no harm.
    """

    def __init__(self, database: Database, clock: Clock, bounds: Bounds = USUAL) -> None:
        self._database = database
        self._clock = clock
        self._bounds = bounds
        self._known = Known()
        self._tried: Counter[Key] = Counter()
        self._failed: Counter[Key] = Counter()
        self._lock = threading.Lock()
        self._next = clock.monotonic()

    def adapted(self, policy: RetryPolicy, category: str, component: str) -> RetryPolicy:
        rates = self._known.of(category, component, evidence=self._bounds.evidence)
        return adaptive.adapt(policy, rates, self._bounds)

    def note(self, category: str, component: str, attempt: int, *, again: bool) -> None:
        """A client told that this attempt failed; `again`: it was advised to make the next one.

        Who is advised to try again and does not come back has succeeded. So only what a client
        that counts its attempts tells belongs here.
        """
        place = (category, component[:LONGEST_COMPONENT])
        with self._lock:
            if len(self._tried) + len(self._failed) >= MOST_SLOTS:
                return
            if 1 < attempt <= MOST_ATTEMPTS:
                self._failed[(*place, attempt)] += 1
            if again and 0 < attempt < MOST_ATTEMPTS:
                self._tried[(*place, attempt + 1)] += 1

    def exchange(self) -> None:
        """Posts what was counted and reads what all have counted."""
        with self._lock:
            tried, self._tried = self._tried, Counter()
            failed, self._failed = self._failed, Counter()
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        counts = [Count(Slot(*key, hour), tried[key], failed[key]) for key in tried.keys() | failed]
        try:
            with self._database.transaction() as session:
                retries.add(session, counts)
                rows = retries.summed(session, now - WINDOW)
        except SQLAlchemyError as error:
            self._give_back(tried, failed)
            log.warning("retries.not_exchanged", error=type(error).__name__)
        else:
            self._known = known(rows)

    def exchange_if_due(self, *, every: float) -> None:
        """For those who may wait for the database: at most once in `every` seconds."""
        if self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + every
            self.exchange()

    def _give_back(self, tried: Counter[Key], failed: Counter[Key]) -> None:
        with self._lock:
            self._tried.update(tried)
            self._failed.update(failed)


class Exchanging:
    """The same book for processes that must not wait: a thread of its own keeps it fresh.

    It begins with the first use, in the process that uses it.
    """

    def __init__(self, book: RetryBook, every: float = 5.0) -> None:
        self._book = book
        self._every = every
        self._begun = threading.Event()
        self._over = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def adapted(self, policy: RetryPolicy, category: str, component: str) -> RetryPolicy:
        self._start()
        return self._book.adapted(policy, category, component)

    def note(self, category: str, component: str, attempt: int, *, again: bool) -> None:
        self._start()
        self._book.note(category, component, attempt, again=again)

    def close(self) -> None:
        """Posts what is left."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _start(self) -> None:
        if self._begun.is_set():
            return
        with self._starting:
            if not (self._begun.is_set() or self._over.is_set()):
                self._begun.set()
                self._thread = threading.Thread(target=self._run, name="retries", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        over = False
        while not over:
            self._book.exchange()
            over = self._over.wait(self._every)
        self._book.exchange()
