"""A worker that starts tells which tasks it knows, and what they take."""

import inspect
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import structlog
from celery.signals import worker_ready
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config import wiring
from core.deadletters import known
from core.deadletters.signatures import KINDS, Parameter, Signature
from core.store import work
from core.store.work import WorkOrder
from tasks.app import app
from tasks.queues import Queue

log = structlog.get_logger()

REPLAY_KNOWN: Final = "deadletter.replay_known"
# It runs in the worker's event loop.
STATEMENT_LIMIT: Final = text("SET LOCAL statement_timeout = '2s'")


@worker_ready.connect(weak=False)
def announce(**_: Any) -> None:
    """Without the database nothing is announced; the worker takes work all the same."""
    database = wiring.database(app.settings, application="mendline-announce", pool_size=1)
    now, again = app.runtime.clock.now(), app.settings.deadletter_autoreplay
    try:
        with database.transaction() as session:
            session.execute(STATEMENT_LIMIT)
            tell(session, registered(), now=now, replay=again)
    except SQLAlchemyError as error:
        log.warning("tasks.not_announced", error=str(error))
    finally:
        database.dispose()


def tell(session: Session, signatures: Iterable[Signature], *, now: datetime, replay: bool) -> None:
    """`replay`: letters that waited for one of these tasks are to be sent again."""
    known.announce(session, signatures, now)
    if replay and known.waiting(session):
        order = WorkOrder(REPLAY_KNOWN, {}, Queue.DEADLETTER, unique_key=REPLAY_KNOWN)
        work.add(session, order, now)


def registered() -> Iterator[Signature]:
    """Our own tasks; those of Celery have no delivery."""
    for name, task in app.tasks.items():
        delivery = getattr(task, "delivery", None)
        if delivery is not None:
            yield signature(name, str(delivery), task.run)


def signature(name: str, delivery: str, body: Any) -> Signature:
    """The first parameter of a body is its `Work`."""
    taken = list(inspect.signature(body).parameters.values())[1:]
    named = [each for each in taken if each.kind is not each.VAR_KEYWORD]
    parameters = [
        Parameter(each.name, required=each.default is each.empty, kind=_kind(each.annotation))
        for each in named
    ]
    return Signature(name, delivery, parameters, open=len(named) < len(taken))


def _kind(annotation: Any) -> str | None:
    found = getattr(annotation, "__name__", None)
    return found if found in KINDS else None
