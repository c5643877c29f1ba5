"""What of the alerts is told, to whom, and when."""

from dataclasses import asdict

from core.alerts import waking
from tasks.base import Queue, Result, Work, task


@task(waking.FLUSH, queue=Queue.ALERTS)
def flush(work: Work) -> Result:
    return asdict(work.runtime.flusher.run(work.session, work.runtime.clock.now()))
