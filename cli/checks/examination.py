"""One visit of the doctor: every check in order, whatever the ones before it found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cli.checks import integrity, proof, queues, rows, stores
from cli.checks.finding import Finding, State, ok, wrong
from cli.checks.letters import letters
from cli.failure import AWAY
from config import wiring
from config.settings import Settings
from core.clock import Clock
from core.errors import MendlineError, report
from core.errors.report import NEXT_STEPS
from core.maintenance import spooled
from core.maintenance.proof import Evidence, gather
from core.store.engine import Database

EXPECTED: Final = (SQLAlchemyError, RedisError, MendlineError, OSError)
SPOOL_TOO_LONG: Final = timedelta(minutes=5)
# Most are looked at by `(session, now)`; the books and the spool are not among these.
OF_THE_ROWS: Final[dict[str, Callable[[Session, Clock], Finding | list[Finding]]]] = {
    "partitions": lambda session, clock: rows.days(session, clock.now()),
    "workers": lambda session, clock: rows.workers(session, clock.now()),
    "fleet": lambda session, _: rows.fleet(session),
    "schedules": lambda session, clock: rows.schedules(session, clock.now()),
    "inbox": lambda session, clock: rows.inbox(session, clock.now()),
    "work": lambda session, clock: rows.work(session, clock.now()),
    "dead letters": lambda session, _: rows.dead_letters(session),
}

Check = Callable[[], Finding | list[Finding]]


@dataclass
class Examination:
    """`since`: the first day whose events are compared one by one with the books.

    `deep` looks into the rows as well; with `fix` it mends what it finds there.
    """

    settings: Settings
    clock: Clock
    since: date
    deep: bool = False
    fix: bool = False
    findings: list[Finding] = field(default_factory=list)
    evidence: Evidence | None = None

    def run(self) -> None:
        self._look("settings", partial(stores.settings, self.settings))
        self._look("channels", partial(stores.channels, self.settings))
        self._look("disk", partial(stores.disk, self.settings))
        self._look("letters", partial(letters, self.settings, self.clock))
        self._look("redis", partial(stores.redis, self.settings))
        self._look("queues", partial(queues.depths, self.settings))
        opened: list[Database] = []
        if self._look("database", lambda: self._open(opened)):
            self._database(opened[0])
        for each in opened:
            each.dispose()

    def _open(self, opened: list[Database]) -> Finding:
        opened.append(wiring.database(self.settings, application="mendline-doctor", pool_size=1))
        return stores.database(opened[0])

    def _database(self, opened: Database) -> None:
        self._look("clock", partial(stores.clock, opened, self.clock))
        if not self._look("schema", partial(stores.revision, opened)):
            return
        for name, check in OF_THE_ROWS.items():
            self._look(name, partial(self._rows, opened, check))
        self._look("spool", partial(self._spool, opened))
        if self.deep:
            for each in integrity.checks(since=self.since, now=self.clock.now()):
                self._look(each.name, partial(integrity.finding, opened, each, fix=self.fix))
        self._look("books", partial(self._books, opened))

    def _rows(
        self, opened: Database, check: Callable[[Session, Clock], Finding | list[Finding]]
    ) -> Finding | list[Finding]:
        with opened.transaction() as session:
            return check(session, self.clock)

    def _spool(self, opened: Database) -> Finding:
        with opened.transaction() as session:
            found = spooled.count(session, wiring.spool_dir(self.settings))
        if not found.files:
            return ok("spool", "empty")
        detail = f"{found.events} events in {found.files} files of this host"
        if found.oldest is not None and self.clock.now() - found.oldest > SPOOL_TOO_LONG:
            return wrong(
                "spool",
                f"{detail}, the oldest of {found.oldest}",
                "The API of this host drains it.",
            )
        return ok("spool", detail)

    def _books(self, opened: Database) -> list[Finding]:
        with opened.transaction() as session:
            waiting = spooled.count(session, wiring.spool_dir(self.settings)).events
        self.evidence = gather(opened, since=self.since, spooled=waiting)
        return proof.findings(self.evidence)

    def _look(self, name: str, check: Check) -> bool:
        """True when what follows may count on it."""
        try:
            found = check()
        except EXPECTED as error:
            found = _failed(name, error)
        new = found if isinstance(found, list) else [found]
        self.findings += new
        return all(each.state in {State.OK, State.NOTE} for each in new)


def _failed(name: str, error: Exception) -> Finding:
    found = report(error)
    state = State.UNREACHABLE if found.category in AWAY else State.WRONG
    first_line = found.message.strip().splitlines()[0]
    return Finding(name, state, f"{first_line} [{found.code}]", NEXT_STEPS[found.category])
