"""One batch of the digest: from inbox rows to stored events in a single transaction.

Locks are taken in one order by everybody: event ids, issue keys, issues, minutes, books, each
sorted. What is slow comes before the locks that others wait for. A worker that is killed at any
line leaves nothing behind: the transaction ends and its rows can be claimed again. So it need not
wait for the disk either: a commit that a crash forgets is a batch that is claimed again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from core.analysis import CURRENT, NO_RULES, Algorithm, Knowledge
from core.clock import Clock
from core.digest import bookkeeping, claim, dictionaries, flights, poison, ruling, storing
from core.digest.claim import ClaimedRow, Connection, Inbox
from core.digest.dictionaries import Watch
from core.digest.event import Digested
from core.digest.flights import Flight
from core.digest.inheriting import Ancestry
from core.digest.poison import AWAY, CONFLICTS, STANDSTILL_SECONDS, Tower, passing
from core.digest.storing import Stored, Storing
from core.digest.thinning import Thinning
from core.digest.understanding import understand, unread
from core.errors import DatabaseConflictError
from core.grouping.loading import Rulebooks
from core.store import books, partitions
from core.store.engine import Database, driver_connection
from core.store.payloads import Payloads
from core.store.work import WorkOrder

ATTEMPTS: Final = 5
# Pure work ends after so long, or with so many bytes; rows left over are claimed again.
PURE_SECONDS: Final = 3.0
PURE_BYTES: Final = 32 * 2**20
# Events of projects without a dictionary go in small steps: with the next batch there may be one,
# and they take a fifth of the space.
UNLEARNED: Final = dictionaries.FIRST

Understanding = Callable[
    [Connection, Mapping[int, dictionaries.Current]], Callable[[ClaimedRow], Digested]
]

# A worker that stands still in mid-batch lets go of its rows after a while.
_SETTINGS: Final = f"""
    SELECT set_config('idle_in_transaction_session_timeout', '{STANDSTILL_SECONDS}s', true),
        set_config('synchronous_commit', 'off', true)
"""


class MissingDaysError(DatabaseConflictError):
    """Events came in on days that have no partition yet."""

    code = "ML-DB-0021"

    def __init__(self, days: set[date]) -> None:
        super().__init__(days=sorted(day.isoformat() for day in days))
        self.days = days


@dataclass(frozen=True, slots=True)
class Rules:
    """`size`: inbox rows of one batch. `skew`: how far a client's time may be from ours."""

    size: int
    thinning: Thinning
    skew: timedelta


@dataclass(frozen=True, slots=True)
class Means:
    """What a digest works with. `order` writes a piece of work into the ledger; `seal` is the key
    that users are hashed with, `algorithm` how events are grouped.
    """

    database: Database
    payloads: Payloads
    knowledge: Knowledge
    clock: Clock
    order: Callable[[Session, WorkOrder], object]
    seal: bytes = b""
    algorithm: Algorithm = CURRENT


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. `rows` have left the inbox; `oldest` is when the first of them came.

    `recoverable` is how many signals recovery was left.
    """

    rows: int = 0
    stored: int = 0
    thinned: int = 0
    duplicates: int = 0
    orphans: int = 0
    oldest: datetime | None = None
    recoverable: int = 0


class Digester:
    """One worker's digest. `writer` is its line in the books."""

    def __init__(self, means: Means, rules: Rules, *, writer: int) -> None:
        self._means = means
        self._rules = rules
        self._writer = writer
        self._inbox = Inbox(means.clock)
        self._watch = Watch()
        self._rulebooks = Rulebooks()
        self._days: set[date] = set()
        self._tower = Tower(means.database, means.clock)

    def batch(self) -> Batch:
        """Digests the oldest rows that nobody else has; an empty batch when there are none."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._attempt()
            except MissingDaysError as missing:
                self._make_days(missing.days)
            except CONFLICTS:
                self._days.clear()
        return self._attempt()

    def waiting(self) -> bool:
        """Whether there is a row that nobody is at work on."""
        with self._means.database.transaction() as session:
            return claim.waiting(driver_connection(session))

    def _attempt(self) -> Batch:
        self._tower.release()
        batch: Batch | None = None
        try:
            while batch is None:
                batch = self._fly()
        except (*CONFLICTS, *AWAY) as error:
            if passing(error):
                self._tower.excuse(error)
            raise
        return batch

    def _fly(self) -> Batch | None:
        """None when there may be more that crashed."""
        with self._means.database.transaction() as session:
            connection = driver_connection(session)
            connection.execute(_SETTINGS)
            crashed = flights.crashed(connection)
            if crashed is not None:
                return self._again(session, crashed)
            claimed = self._inbox.claim(connection, self._rules.size)
            if not claimed:
                return Batch()
            flight = self._tower.take_off(session, claimed)
            batch = self._digest(session, claimed, self._understanding)
            flights.land(connection, flight.id)
            return batch

    def _again(self, session: Session, crashed: Flight) -> Batch | None:
        """One row that crashed; several are split, each to be tried alone."""
        connection = driver_connection(session)
        if len(crashed.rows) > 1:
            flights.split(connection, crashed, self._means.clock.now())
            return None
        flight = self._tower.again(crashed)
        claimed, batch = claim.take(connection, flight.rows), None
        if claimed and flight.hopeless:
            poison.capture(session, claimed[0], flight, self._means.clock)
            batch = self._digest(session, claimed, self._unread)
        elif claimed:
            batch = self._digest(session, claimed, self._understanding)
        flights.land(connection, flight.id)
        return batch

    def _digest(
        self, session: Session, claimed: list[ClaimedRow], understanding: Understanding
    ) -> Batch:
        connection = driver_connection(session)
        self._require_days(session, claimed)
        known = dictionaries.current(connection, {row.item.project_id for row in claimed})
        orphans = [row for row in claimed if row.item.project_id not in known]
        events = self._understood(claimed, known, understanding(connection, known))
        stored = storing.store(session, events, known, self._how())
        ruling.count(connection, stored.rows, self._writer)
        books.post(session, bookkeeping.lines(events, stored.rows, orphans), self._writer)
        self._order_training(session, stored, known)
        claim.delete(connection, [event.row_id for event in events] + [row.id for row in orphans])
        return Batch(
            rows=len(events) + len(orphans),
            stored=len(stored.rows),
            thinned=stored.thinned,
            duplicates=len(events) - len(stored.rows),
            orphans=len(orphans),
            oldest=claimed[0].item.received_at,
            recoverable=stored.recoverable,
        )

    def _how(self) -> Storing:
        means = self._means
        return Storing(
            payloads=means.payloads,
            thinning=self._rules.thinning,
            now=means.clock.now(),
            seal=means.seal,
            version=means.algorithm.version,
            ancestry=Ancestry(means.algorithm.older, means.knowledge, self._rulebooks.current),
        )

    def _understood(
        self,
        claimed: Iterable[ClaimedRow],
        known: Mapping[int, dictionaries.Current],
        understood: Callable[[ClaimedRow], Digested],
    ) -> list[Digested]:
        clock = self._means.clock
        until = clock.monotonic() + PURE_SECONDS
        events: list[Digested] = []
        size = unlearned = 0
        for row in claimed:
            if row.item.project_id not in known:
                continue
            event = understood(row)
            events.append(event)
            size += len(event.document)
            unlearned += known[row.item.project_id].dictionary_id is None
            if size > PURE_BYTES or unlearned >= UNLEARNED or clock.monotonic() > until:
                break
        return events

    def _understanding(
        self, connection: Connection, known: Mapping[int, dictionaries.Current]
    ) -> Callable[[ClaimedRow], Digested]:
        """With the rules that each project has at this moment."""
        means, rules = self._means, self._rulebooks.current(connection, known.keys())

        def understood(row: ClaimedRow) -> Digested:
            return understand(
                row,
                means.knowledge,
                skew=self._rules.skew,
                rules=rules.get(row.item.project_id, NO_RULES),
                algorithm=means.algorithm,
            )

        return understood

    def _unread(
        self,
        _connection: Connection,
        _known: Mapping[int, dictionaries.Current],
    ) -> Callable[[ClaimedRow], Digested]:
        version = self._means.algorithm.version
        return partial(unread, failure=poison.FAILURE, grouping_version=version)

    def _require_days(self, session: Session, claimed: list[ClaimedRow]) -> None:
        wanted = {bookkeeping.day(row.item.received_at) for row in claimed}
        if not wanted <= self._days:
            self._days = set(partitions.days(session))
        if not wanted <= self._days:
            raise MissingDaysError(wanted - self._days)

    def _make_days(self, days: set[date]) -> None:
        with self._means.database.transaction() as session:
            for day in sorted(days):
                partitions.ensure(session, day, day)

    def _order_training(
        self, session: Session, stored: Stored, known: dict[int, dictionaries.Current]
    ) -> None:
        counts = Counter(row.event.project_id for row in stored.rows)
        for project_id in self._watch.check(driver_connection(session), counts, known):
            self._means.order(session, dictionaries.order(project_id))
