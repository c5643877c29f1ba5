"""The evaluation of alerts of one process, composed from its settings."""

import shutil
import socket
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import select

from config import alerts as written
from config import wiring
from config.alerts_file import AlertsFileError
from config.telemetry import (
    ALERT_CONDITIONS_FAILED,
    ALERT_EVALUATION_SECONDS,
    ALERT_SERIES,
    ALERT_TRANSITIONS,
    ALERTS_LIVE,
    HEARTBEATS,
)
from core.alerts import pushing, waking
from core.alerts.evaluation import AHEAD, CLOCK, Evaluated, Evaluator
from core.alerts.reading import SEVERITIES
from core.alerts.state import LIVE
from core.errors import DependencyError
from core.model import AlertClock
from core.outbound.http import Call
from core.store import alert_rules, alerts, gauges, projects
from core.store.alert_rules import NewRule, Source
from core.store.counters import RedisCounters, Token
from core.store.gauges import Reading

if TYPE_CHECKING:
    from tasks.runtime import Runtime

log = structlog.get_logger()

SYNC_EVERY: Final = 30.0
# With an evaluation older than that, the outside is not told that all is well.
ALIVE: Final = timedelta(seconds=60)
HEARTBEAT_SECONDS: Final = 10.0
MENDLINE: Final = "mendline"


class Evaluating:
    """One a process; what it has read stays between two looks."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._evaluator = Evaluator()
        self._synced_at: float | None = None

    def evaluate(self, token: str | None = None) -> Evaluated:
        self._release(token)
        self._sync_now_and_then()
        begun = time.perf_counter()
        with self._runtime.database.transaction() as session:
            now = self._runtime.clock.now()
            done = self._evaluator.tick(session, now)
            changed = pushing.expire(session, now) + done.changed
            counts = alerts.counts(session) if changed else None
            if changed:
                waking.wake(session, self._runtime.ledger.add, at=now)
        if done.ran:
            ALERT_EVALUATION_SECONDS.observe(time.perf_counter() - begun)
            ALERT_SERIES.set(done.series)
        for kind in done.failed:
            ALERT_CONDITIONS_FAILED.labels(kind).inc()
        for state, count in done.changes.items():
            ALERT_TRANSITIONS.labels(state).inc(count)
        if counts is not None:
            _show(counts)
        return done

    def _release(self, token: str | None) -> None:
        """From now on the next wake-up may come; one evaluation runs at a time all the same."""
        found = Token.parse(token) if token else None
        if found is not None:
            with suppress(DependencyError):
                RedisCounters(self._runtime.redis).release(found)

    def _sync_now_and_then(self) -> None:
        now = self._runtime.clock.monotonic()
        if self._synced_at is None or now - self._synced_at >= SYNC_EVERY:
            self.sync()
            self._synced_at = now

    def sync(self) -> int:
        """What is shipped and what the file says becomes rows; a wrong file changes nothing."""
        try:
            wanted = wanted_rules(self._runtime.settings.alerts_file)
        except AlertsFileError as error:
            log.warning("alerts.file_refused", error=str(error))
            return 0
        with self._runtime.database.transaction() as session:
            known = {each.name: each.id for each in projects.every(session)}
            ready = {name: new for name, new in wanted.items() if _placed(new, known)}
            rules = {name: _with_project(new, known) for name, new in ready.items()}
            changes = alert_rules.sync(session, rules, now=self._runtime.clock.now())
        if changes:
            log.info("alerts.rules_synced", changes=changes)
        return changes

    def measure(self) -> dict[str, Any]:
        """What only this host knows: its disk."""
        place = existing(self._runtime.settings.data_dir)
        disk = shutil.disk_usage(place)
        free = disk.free / disk.total if disk.total else 0.0
        about = {"host": socket.gethostname(), "path": str(place)}
        with self._runtime.database.transaction() as session:
            reading = Reading(gauges.DISK_FREE, free, about)
            gauges.put(session, [reading], now=self._runtime.clock.now())
        return {gauges.DISK_FREE: round(free, 4)}

    def heartbeat(self) -> dict[str, Any]:
        """Tells the outside that rules are looked at; says nothing while they are not."""
        address = self._runtime.settings.heartbeat_url
        if address is None:
            return {"sent": False, "reason": "no address is set"}
        if not self._evaluates(self._runtime.clock.now()):
            HEARTBEATS.labels("withheld").inc()
            return {"sent": False, "reason": "rules have not been evaluated lately"}
        call = Call("GET", address.get_secret_value())
        try:
            answer = wiring.outbound(self._runtime.settings).call(call, timeout=HEARTBEAT_SECONDS)
        except DependencyError:
            HEARTBEATS.labels("failed").inc()
            raise
        HEARTBEATS.labels("sent" if answer.ok else "refused").inc()
        return {"sent": answer.ok, "status": answer.status}

    def _evaluates(self, now: datetime) -> bool:
        with self._runtime.database.transaction() as session:
            asked = select(AlertClock.evaluated_at).where(AlertClock.name == CLOCK)
            at = session.scalar(asked)
        return at is not None and -AHEAD <= now - at <= ALIVE


def wanted_rules(file: Path | None) -> dict[str, NewRule]:
    """By name; the file's win over those that are shipped."""
    found = {each.rule.name: _new(each, Source.DEFAULT) for each in written.shipped().rules}
    if file is not None:
        own = written.checked(file).rules
        found |= {each.rule.name: _new(each, Source.FILE) for each in own}
    return found


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    whole = folder.absolute()
    return next((each for each in (whole, *whole.parents) if each.exists()), whole)


def _new(each: written.Written, source: Source) -> NewRule:
    author = MENDLINE if source is Source.DEFAULT else "the alerts file"
    return NewRule(name=each.rule.name, body=each.body, source=source, author=author)


def _placed(new: NewRule, known: dict[str, int]) -> bool:
    """A rule of a project that does not exist yet waits for it."""
    project = new.body.get("project")
    return project is None or str(project) in known


def _with_project(new: NewRule, known: dict[str, int]) -> NewRule:
    project = new.body.get("project")
    if project is None:
        return new
    return NewRule(
        name=new.name,
        body=new.body,
        source=new.source,
        author=new.author,
        project_id=known[str(project)],
    )


def _show(counts: Any) -> None:
    for state in sorted(LIVE):
        for severity in SEVERITIES:
            ALERTS_LIVE.labels(str(state), severity).set(counts.get((str(state), severity), 0))
