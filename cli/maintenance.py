"""`mendline maintenance`: the jobs that keep the house, what they did and what they found."""

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import click

from cli.amount import Amount
from cli.console import actor, data_dir_option, database, json_option
from cli.output import print_fields, print_rows, shown
from core import schedules
from core.access.audit import Actor
from core.clock import SystemClock
from core.errors import ConflictError
from core.maintenance import scheduling
from core.maintenance.care import telling
from core.store import housekeeping, keeping, work
from core.store.engine import Database
from tasks.queues import Queue
from web.api.schemas.maintenance import FindingShown, MaintenanceRunShown

COLUMNS: Final = ("job", "state", "asked_at", "seconds", "amount", "postponed", "reason")
JOB_COLUMNS: Final = ("job", "rhythm", "last_success", "next_slot", "paused")
FINDING_COLUMNS: Final = ("level", "check", "subject", "summary", "advice")
ENDED: Final = frozenset({"done", "dead", "cancelled"})
LOOK_EVERY: Final = 0.2


class JobFailedError(ConflictError):
    """The job did not end well."""

    code = "ML-MAINT-0002"


@click.group()
def maintenance() -> None:
    """The jobs that keep the house, what they did and what they found."""


@maintenance.command("list")
@click.option("--job", help="The runs of this job, newest first, instead of all jobs.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@data_dir_option
def list_(job: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """All jobs with their last success, or the runs of one."""
    with database() as opened, opened.transaction() as session:
        if job is not None:
            page = housekeeping.page(session, job=job, limit=limit)
            rows = [shown(MaintenanceRunShown, row[0]) for row in page.rows]
            print_rows(rows, COLUMNS, as_json=as_json)
            return
        successes = housekeeping.last_success(session)
        jobs = [each for each in schedules.every(session) if each.queue == Queue.MAINTENANCE]
        found = [
            {
                "job": each.job,
                "rhythm": each.cron or f"every {each.interval:g} s",
                "last_success": successes.get(each.job),
                "next_slot": each.next_slot,
                "paused": each.paused,
            }
            for each in jobs
        ]
    print_rows(found, JOB_COLUMNS, as_json=as_json)


@maintenance.command()
@click.argument("job")
@click.option("--no-wait", is_flag=True, help="Do not wait for the end.")
@click.option("--timeout", type=Amount(min=1), default=600, show_default=True)
@json_option
@data_dir_option
def run(job: str, no_wait: bool, timeout: float, as_json: bool) -> None:  # noqa: FBT001
    """Run a job now, whatever the window and the load, and tell what it did."""
    clock = SystemClock()
    with database() as opened:
        with opened.transaction() as session:
            work_id = scheduling.run_now(session, job, Actor(actor()), now=clock.now())
        if no_wait:
            print_fields({"job": job, "work_id": str(work_id)}, as_json=as_json)
            return
        ended = _wait(opened, work_id, clock.monotonic() + timeout, clock.monotonic)
    print_fields({"job": job, "work_id": str(work_id), **ended}, as_json=as_json)
    if ended["state"] != "done":
        raise JobFailedError(f"The job {job} ended as {ended['state']}; see its dead letter.")


def _wait(
    opened: Database, work_id: int, end: float, monotonic: Callable[[], float]
) -> dict[str, object]:
    while monotonic() < end:
        with opened.transaction() as session:
            row = work.one(session, work_id)
        if row is not None and row["state"] in ENDED:
            return {"state": row["state"], "result": row["result"]}
        time.sleep(LOOK_EVERY)
    raise JobFailedError("The job has not ended yet; it goes on. See `mendline maintenance list`.")


@maintenance.command()
@json_option
@data_dir_option
def findings(as_json: bool) -> None:  # noqa: FBT001
    """What people should know of the stores, the worst first."""
    with database() as opened, opened.transaction() as session:
        rows = [shown(FindingShown, each) for each in telling.every(session)]
    print_rows(rows, FINDING_COLUMNS, as_json=as_json)


@maintenance.command()
@click.argument("event_id", type=click.UUID)
@click.option("--why", default="", help="Why; stands beside the event.")
@click.option("--not", "no_more", is_flag=True, help="It need not be kept any more.")
@json_option
@data_dir_option
def keep(event_id: UUID, why: str, no_more: bool, as_json: bool) -> None:  # noqa: FBT001
    """Keep an event when others give way to a budget of bytes."""
    with database() as opened, opened.transaction() as session:
        if no_more:
            keeping.forget(session, event_id)
        else:
            wish = keeping.Wish(event_id, why, actor())
            keeping.keep(session, wish, now=SystemClock().now())
    print_fields({"event_id": str(event_id), "kept": not no_more}, as_json=as_json)
