"""The process `fleet`: publishes due work, mends what got stuck, leads, and counts what waits.

Any number of them may run: dispatching and reconciling pass over each other's rows, and of the
duties that only one may have the leader takes care.
"""

import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from os import environ, getpid
from typing import Any, Final

import psutil
import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import logging, loglines, resilience, telemetry, wiring
from core.clock import Clock, SystemClock
from core.errors import MendlineError
from core.store import agents, leaders
from core.store.clock import DatabaseClock
from core.store.counters import RedisCounters
from core.store.engine import Database
from tasks.app import app
from workers import alert_clock, gauges, pools
from workers.alert_clock import AlertClock
from workers.collector import Collector
from workers.dead_exchange import DeadExchange
from workers.dispatcher import Dispatcher
from workers.guarded_sender import GuardedSender, tell
from workers.lookout import Lookout
from workers.pressure import Pressure
from workers.slots import Slots
from workers.targets import EVERY_SECONDS, Targets

log = structlog.get_logger()

ROLE: Final = "fleet"
LEADERSHIP_SECONDS: Final = 10
AFTER_FAILURE_SECONDS: Final = 1.0
GONE_FOR_GOOD: Final = timedelta(hours=1)


@dataclass(slots=True)
class Duty:
    """Something that is done again and again; `led` ones only by the leader.

    What it answers, if it is a number, is after how many seconds it wants to be done next.
    """

    name: str
    every: float
    act: Callable[[], object]
    led: bool = False
    due: float = 0.0


class Controller:
    def __init__(self, database: Database, clock: Clock, duties: Sequence[Duty]) -> None:
        self._database = database
        self._clock = clock
        self._duties = [Duty("lead", 2.0, self._campaign), *duties]
        self._holder = f"{socket.gethostname()}:{getpid()}"
        self.leads = False
        self._stopped = threading.Event()

    def stop(self, *_: Any) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Until `stop`; the servers may come and go meanwhile."""
        while not self._stopped.is_set():
            for duty in self._duties:
                if duty.due <= self._clock.monotonic() and (self.leads or not duty.led):
                    duty.due = self._clock.monotonic() + self._attend(duty)
            upcoming = min(duty.due for duty in self._duties if self.leads or not duty.led)
            self._stopped.wait(max(upcoming - self._clock.monotonic(), 0))
        self._resign()

    def _attend(self, duty: Duty) -> float:
        """Seconds until it is due again."""
        try:
            wanted = duty.act()
        except (SQLAlchemyError, MendlineError, OSError) as error:
            log.warning("duty.failed", duty=duty.name, error=str(error))
            return max(duty.every, AFTER_FAILURE_SECONDS)
        return wanted if isinstance(wanted, float) else duty.every

    def _campaign(self) -> None:
        leads = False
        try:
            with self._database.transaction() as session:
                leads = leaders.campaign(
                    session, ROLE, holder=self._holder, seconds=LEADERSHIP_SECONDS
                )
        finally:
            if leads != self.leads:
                log.info("leader.changed", leads=leads, holder=self._holder)
            self.leads = leads

    def _resign(self) -> None:
        try:
            with self._database.transaction() as session:
                leaders.resign(session, ROLE, holder=self._holder)
        except SQLAlchemyError as error:
            log.info("leader.not_resigned", error=str(error))


def forget_agents(database: Database, clock: Clock) -> None:
    with database.transaction() as session:
        agents.forget(session, before=clock.now() - GONE_FOR_GOOD)


def main() -> None:
    settings = app.settings
    logging.configure(environ.get("MENDLINE_PROCESS", "fleet"), settings.log_level)
    loglines.begin(settings)
    database = wiring.database(settings, application="mendline-fleet", pool_size=3)
    clock = SystemClock()
    agreed = DatabaseClock(database, clock)
    sender = GuardedSender(app.runtime.sender, resilience.of_this_process(settings, agreed, tell))
    collector, known = Collector(database, sender, clock), pools.load(settings.pools_file)
    lookout = Lookout(known, sender, clock, batch=settings.digest_batch, mark=settings.memory_high)
    targets = Targets(database, known, lookout, clock)
    counters = RedisCounters(app.runtime.redis)
    slots = Slots(database, counters, clock, known)
    alerts = AlertClock(sender, counters)
    controller = Controller(
        database,
        clock,
        [
            Duty("targets", EVERY_SECONDS, targets.write, led=True),
            Duty("slots", 1.0, slots.allow, led=True),
            Duty("alerts", alert_clock.EVERY_SECONDS, alerts.tick, led=True),
            Duty("relieve", 2.0, Pressure(database, clock).relieve, led=True),
            Duty("collect", 5.0, collector.collect, led=True),
            Duty("gauges", 5.0, lambda: gauges.publish(database), led=True),
            Duty("dead_exchange", 2.0, DeadExchange(app, database, clock).empty, led=True),
            Duty("forget_agents", 60.0, lambda: forget_agents(database, clock), led=True),
            Duty("forget_processes", 30.0, lambda: telemetry.reap(psutil.pid_exists)),
        ],
    )
    dispatcher = Dispatcher(database, sender, agreed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, controller.stop)
    dispatcher.start()
    log.info("fleet.started")
    controller.run()
    dispatcher.stop()
    database.dispose()
    log.info("fleet.stopped")


if __name__ == "__main__":
    main()
