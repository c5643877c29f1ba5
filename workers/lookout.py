"""Looks at all pools at once: their agents' rows, the work that waits, and the hosts' memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from core.clock import Clock
from core.errors import BrokerUnavailableError
from core.fleet.load import Observation
from core.model import Agent
from core.store import agents as rows
from core.store import fleet
from core.store.fleet import InboxState, Ready
from core.work.sender import TaskSender
from tasks.queues import Queue
from workers.budget import Budget, machine_of
from workers.pools import Pool

log = structlog.get_logger()

# An agent that is silent for so long may be away for a moment; for longer it is gone.
SILENT: Final = timedelta(seconds=10)
GONE: Final = timedelta(seconds=60)
# Outsiders send to these: what waits there is only known to the broker.
FROM_OUTSIDE: Final = frozenset({Queue.INTAKE, Queue.DEADLETTER})
# Their rows wait in the inbox; the messages only say "look".
FROM_INBOX: Final = Queue.ANALYSIS


@dataclass(frozen=True, slots=True)
class Sight:
    """One pool at one moment: what its load is, and the agents that can be told something."""

    seen: Observation
    living: tuple[Agent, ...]

    @property
    def processors(self) -> int:
        return sum(int(machine_of(agent).get("processors", 1)) for agent in self.living)


@dataclass(frozen=True, slots=True)
class View:
    """All pools at one moment, and the memory that they share."""

    sights: Mapping[str, Sight]
    budget: Budget


@dataclass(slots=True)
class Counted:
    """What the look before counted: by agent what it had finished, and the rows of the inbox."""

    finished: dict[tuple[str, str], int] = field(default_factory=dict)
    digested: int | None = None


class Lookout:
    """`batch` rows of the inbox are one task; memory is given out up to `mark` of a host's."""

    def __init__(
        self,
        known: Mapping[str, Pool],
        sender: TaskSender,
        clock: Clock,
        *,
        batch: int,
        mark: float = 0.8,
    ) -> None:
        self._pools = known
        self._sender = sender
        self._clock = clock
        self._batch = batch
        self._mark = mark
        self._before = Counted()

    def forget(self) -> None:
        """After a pause: what happened in it is not the doing of one tick."""
        self._before = Counted()

    def look(self, session: Session) -> View:
        now, moment = self._clock.now(), self._clock.monotonic()
        queues = [str(queue) for pool in self._pools.values() for queue in pool.queues]
        waiting, inbox = fleet.ready(session, queues, now=now), fleet.inbox(session)
        outside = self._outside()
        digested = self._digested(inbox)
        known = [agent for agent in rows.every(session) if _present(agent, now)]
        sights = {}
        for name, pool in self._pools.items():
            found = [agent for agent in known if agent.pool == name]
            living = [agent for agent in found if now - agent.seen_at <= SILENT]
            backlog, since = self._backlog(pool, waiting, inbox, outside)
            blind = bool(found) and not living
            seen = Observation(
                at=moment,
                children=sum(agent.target for agent in living or found),
                running=None if blind else _sum(living, "children"),
                busy=None if blind else float(_sum(living, "busy")),
                backlog=backlog,
                oldest=max((now - since).total_seconds(), 0.0) if since else 0.0,
                finished=self._finished(living) + digested * _digests(pool),
                processors=_processors(living),
            )
            sights[name] = Sight(seen, tuple(living))
        return View(sights, Budget(known, self._mark))

    def _backlog(
        self,
        pool: Pool,
        waiting: Mapping[str, Ready],
        inbox: InboxState,
        outside: Mapping[str, int | None],
    ) -> tuple[float | None, datetime | None]:
        """Tasks that wait, and since when; none where the broker cannot be asked."""
        found = [waiting[queue] for queue in pool.queues if queue in waiting]
        if pool.critical_only:
            found = [each.only_critical() for each in found]
        moments = [each.since for each in found if each.since is not None]
        total = float(sum(each.rows for each in found))
        if _digests(pool):
            total += inbox.rows / self._batch
            moments += [inbox.since] if inbox.since else []
        for queue in FROM_OUTSIDE.intersection(() if pool.critical_only else pool.queues):
            messages = outside[queue]
            if messages is None:
                return None, None
            total += messages
        return total, min(moments, default=None)

    def _outside(self) -> dict[str, int | None]:
        """Messages that have no row, by queue."""
        try:
            return {queue: self._sender.depth(queue) for queue in FROM_OUTSIDE}
        except BrokerUnavailableError as error:
            log.warning("queue.depth_unknown", error=str(error))
            return dict.fromkeys(FROM_OUTSIDE)

    def _finished(self, living: Sequence[Agent]) -> float:
        """An agent that counts from nothing again was started anew."""
        total = 0
        for agent in living:
            count = int(agent.detail.get("finished", 0))
            before = self._before.finished.get((agent.pool, agent.host), count)
            total += count - before if count >= before else count
            self._before.finished[agent.pool, agent.host] = count
        return float(total)

    def _digested(self, inbox: InboxState) -> float:
        """Batches that left the inbox since the look before."""
        gone = inbox.ever - inbox.rows
        before, self._before.digested = self._before.digested, gone
        return max(gone - before, 0) / self._batch if before is not None else 0.0


def _digests(pool: Pool) -> bool:
    """Wake-ups are no critical work."""
    return FROM_INBOX in pool.queues and not pool.critical_only


def _present(agent: Agent, now: datetime) -> bool:
    return agent.state != "stopped" and now - agent.seen_at <= GONE


def _sum(living: Sequence[Agent], name: str) -> int:
    return sum(int(agent.detail.get(name, 0)) for agent in living)


def _processors(living: Sequence[Agent]) -> float | None:
    used = [machine_of(agent).get("processors_used") for agent in living]
    known = [float(each) for each in used if each is not None]
    return sum(known) / len(known) if known else None
