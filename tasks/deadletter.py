"""Dead letters: captured for others, sent to their brokers, replayed in runs, watched."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from config import wiring
from core import deadletters
from core.deadletters import groups, growth, known, replays
from core.store import projects
from tasks import announcing, outbound
from tasks.base import Delivery, Queue, Result, Work, task
from tasks.runtime import OWN_PROJECT


@task("deadletter.capture", queue=Queue.DEADLETTER, delivery=Delivery.CONTENT)
def capture(work: Work, /, **reported: Any) -> Result:
    declared, now = wiring.brokers(work.runtime.settings), _now(work)
    letter_id = deadletters.take_in(
        work.session, reported, message_id=work.key, declared=declared, now=now
    )
    return {"id": letter_id}


@task("deadletter.replay", queue=Queue.DEADLETTER)
def replay(work: Work, *, letter_id: int, **message: Any) -> Result:
    letter = deadletters.get(work.session, letter_id)
    broker = wiring.broker_named(work.runtime.settings, letter.broker)
    with work.runtime.guarded(f"broker:{letter.broker}" if letter.broker else None):
        outbound.send(broker, letter.task, message, message_id=work.key)
    return {"sent": True}


@task("deadletter.advance", queue=Queue.DEADLETTER)
def advance(work: Work, *, run_id: int, step: int) -> Result:
    means, now = work.runtime.replaying, _now(work)
    return asdict(deadletters.advance(work.session, run_id, step, means=means, now=now))


@task(announcing.REPLAY_KNOWN, queue=Queue.DEADLETTER)
def replay_known(work: Work) -> Result:
    means, now = work.runtime.replaying, _now(work)
    run = known.replay_known(work.session, means=means, now=now)
    return {"run_id": run.id, "letters": run.matched} if run else None


@task("deadletter.watch", queue=Queue.MAINTENANCE)
def watch(work: Work) -> Result:
    grouped, now = groups.assign(work.session), _now(work)
    own = projects.ensure(work.session, OWN_PROJECT, now=now)[0]
    grown = growth.watch(work.session, now, own_project=own.id)
    running = replays.keep_going(work.session, means=work.runtime.replaying)
    return {"grouped": grouped, "growing": len(grown), "running": running}


def _now(work: Work) -> datetime:
    """By one clock for all hosts: whether a letter came after a replay decides how a run ends."""
    return work.runtime.ledger.later(0)
