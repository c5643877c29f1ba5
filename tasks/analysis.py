"""Analysis: the digest of the inbox, its sweeper, and the dictionaries of the payloads."""

from dataclasses import asdict

from core.digest import dictionaries, sweeping
from core.store.counters import Token
from core.store.payloads import Payloads
from tasks.base import Delivery, Queue, Result, Work, task
from tasks.digestion import DIGEST


@task(DIGEST, queue=Queue.ANALYSIS, delivery=Delivery.WAKE_UP)
def digest(work: Work, *, token: str | None = None) -> Result:
    return asdict(work.runtime.drain.run(Token.parse(token or "")))


@task("analysis.sweep", queue=Queue.MAINTENANCE)
def sweep(work: Work) -> Result:
    return {"waiting": sweeping.sweep(work.runtime.database, work.runtime.wake)}


@task(dictionaries.TASK, queue=Queue.MAINTENANCE)
def train_dictionary(work: Work, *, project_id: int) -> Result:
    now = work.runtime.clock.now()
    return asdict(dictionaries.train_next(work.session, project_id, payloads=Payloads(), now=now))
