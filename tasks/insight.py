"""What issues have to do with one another, looked at by the clock."""

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from core.insight import correlations, suggestions, visitors
from core.store.payloads import Payloads
from tasks.base import Queue, Result, Work, task

# Longer than the rhythm of the job, so that a run that was missed is made good.
CROPPED: Final = timedelta(minutes=30)


@task("insight.suggest", queue=Queue.MAINTENANCE)
def suggest(work: Work) -> Result:
    return asdict(suggestions.offer_new(work.session, Payloads(), work.runtime.clock.now()))


@task("insight.correlate", queue=Queue.MAINTENANCE)
def correlate(work: Work) -> Result:
    return asdict(correlations.evaluate(work.session, work.runtime.clock.now()))


@task("insight.crop", queue=Queue.MAINTENANCE)
def crop(work: Work) -> Result:
    runtime = work.runtime
    return asdict(visitors.crop(runtime.database, runtime.clock.now(), window=CROPPED))
