"""What keeps the house unattended, each as core says."""

from dataclasses import asdict

from config import wiring
from core.maintenance import cache, folding, missed, partitions, patterns, retention, rollup
from core.maintenance.care import checks, telling, upkeep
from core.maintenance.logs import days as log_days
from core.maintenance.space import budget
from core.schedules.tidy import tidy
from core.store import health, housekeeping, projects, retries
from tasks.base import Queue, Result, Work, task
from tasks.housekeeping import chore
from tasks.runtime import OWN_PROJECT


@chore("maintenance.partition", job="partitions")
def partition(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    return asdict(partitions.keep(runtime.database, values, runtime.clock.now()))


@chore("maintenance.roll_up", job="rollup", amount="rows_before")
def roll_up(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    thinned = rollup.thin(runtime.database, values, runtime.clock.now())
    folded = folding.fold(runtime.database, values, runtime.clock.now())
    return {**asdict(thinned), "book_rows_folded": folded.rows}


@chore("maintenance.retain", job="retention", amount="total", heavy=True)
def retain(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.keeping(runtime.settings)
    cleaned = retention.clean(runtime.database, values, runtime.clock.now())
    deleted = {table: rows for table, rows in cleaned.deleted.items() if rows}
    return {"total": cleaned.total, "deleted": deleted}


@chore("maintenance.make_room", job="space", amount="bytes_freed", heavy=True)
def make_room(work: Work) -> Result:
    runtime, settings = work.runtime, work.runtime.settings
    each, total = settings.retention_project_bytes, settings.retention_bytes
    return asdict(budget.keep(runtime.database, runtime.clock.now(), each=each, total=total))


@chore("maintenance.examine", job="database-checks", amount="findings")
def examine(work: Work) -> Result:
    session, now = work.session, work.runtime.clock.now()
    own = projects.ensure(session, OWN_PROJECT, now=now)[0]
    found = list(checks.findings(health.figures(session, now)))
    news = telling.tell(session, found, checks=checks.NAMES, own_project=own.id, now=now)
    return {"findings": len(found), "new": [f"{each.check} {each.subject}" for each in news]}


@chore("maintenance.care", job="database-care", amount="bytes_freed", heavy=True)
def care(work: Work) -> Result:
    return asdict(upkeep.care(work.runtime.database, work.runtime.clock.now()))


@chore("maintenance.clear_cache", job="cache", amount="removed")
def clear_cache(work: Work) -> Result:
    runtime, session, now = work.runtime, work.session, work.runtime.clock.now()
    own = projects.ensure(session, OWN_PROJECT, now=now)[0]
    found = cache.findings(runtime.redis)
    telling.tell(session, found, checks=cache.CHECKS, own_project=own.id, now=now)
    last = housekeeping.latest(session, "cache")
    begin = int((last.result or {}).get("cursor", 0)) if last else 0
    known = cache.known_breakers(runtime.database)
    sweeper = cache.Sweeper(runtime.redis, known, runtime.clock)
    return asdict(sweeper.sweep(begin))


@chore("maintenance.watch", job=missed.JOB)
def watch(work: Work) -> Result:
    now = work.runtime.clock.now()
    own = projects.ensure(work.session, OWN_PROJECT, now=now)[0]
    return missed.watch(work.session, now, own_project=own.id)


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


@chore("maintenance.keep_logs", job="logs", amount="bytes")
def keep_logs(work: Work) -> Result:
    runtime = work.runtime
    values = wiring.log_keeping(runtime.settings)
    return asdict(log_days.keep(runtime.database, values, runtime.clock.now()))
