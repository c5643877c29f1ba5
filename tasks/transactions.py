"""Transactions over several databases that their coordinator left in doubt."""

from dataclasses import asdict

from core.store.transactions import resolver
from tasks.base import Queue, Result, Work, task


@task("transaction.resolve", queue=Queue.MAINTENANCE)
def resolve(work: Work) -> Result:
    runtime = work.runtime
    now = runtime.clock.now()
    return asdict(resolver.resolve(runtime.database, lambda: runtime.databases, now))
