"""What keeps the house unattended, each as core says."""

from dataclasses import asdict

from config import wiring
from core.maintenance import partitions, patterns, retention, rollup
from core.schedules.tidy import tidy
from core.store import retries
from tasks.base import Queue, Result, Work, task


@task("maintenance.partition", queue=Queue.MAINTENANCE)
def partition(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    return asdict(partitions.keep(runtime.database, values, runtime.clock.now()))


@task("maintenance.roll_up", queue=Queue.MAINTENANCE)
def roll_up(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    return asdict(rollup.thin(runtime.database, values, runtime.clock.now()))


@task("maintenance.retain", queue=Queue.MAINTENANCE)
def retain(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    return asdict(retention.clean(runtime.database, values, runtime.clock.now()))


@task("maintenance.tidy_runs", queue=Queue.MAINTENANCE)
def tidy_runs(work: Work) -> None:
    tidy(work.session, work.runtime.clock.now())


@task("maintenance.mine_patterns", queue=Queue.MAINTENANCE)
def mine_patterns(work: Work) -> Result:
    runtime = work.runtime
    return asdict(patterns.mine(runtime.database, runtime.clock.now()))


@task("maintenance.measure_retries", queue=Queue.MAINTENANCE)
def measure_retries(work: Work) -> Result:
    return asdict(retries.measure(work.session, work.runtime.clock.now()))
