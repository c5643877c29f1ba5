"""`mendline schedule`: jobs that run by the clock."""

import click

from cli.console import actor, data_dir_option, database, json_option
from cli.output import print_fields, print_rows, shown
from core import schedules
from core.access.audit import Actor
from core.clock import SystemClock
from core.maintenance import scheduling
from web.api.schemas.schedules import ScheduleShown

COLUMNS = ("job", "cron", "interval", "paused", "next_slot", "last_slot")


@click.group()
def schedule() -> None:
    """Jobs that run by the clock."""


@schedule.command("list")
@json_option
@data_dir_option
def list_(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """All jobs with their last and next slot."""
    with database() as opened, opened.transaction() as session:
        rows = [shown(ScheduleShown, each) for each in schedules.every(session)]
    print_rows(rows, COLUMNS, as_json=as_json)


@schedule.command()
@click.argument("job")
@json_option
@data_dir_option
def run(job: str, as_json: bool) -> None:  # noqa: FBT001
    """Run a job once, beside its rhythm; also while it is paused."""
    with database() as opened, opened.transaction() as session:
        work_id = scheduling.run_now(session, job, Actor(actor()), now=SystemClock().now())
    print_fields({"job": job, "work_id": str(work_id)}, as_json=as_json)


@schedule.command()
@click.argument("job")
@json_option
@data_dir_option
def pause(job: str, as_json: bool) -> None:  # noqa: FBT001
    """Let the slots of a job pass until it is resumed."""
    with database() as opened, opened.transaction() as session:
        found = scheduling.pause(session, job, Actor(actor()), now=SystemClock().now())
        paused = shown(ScheduleShown, found)
    print_fields(paused, as_json=as_json)


@schedule.command()
@click.argument("job")
@json_option
@data_dir_option
def resume(job: str, as_json: bool) -> None:  # noqa: FBT001
    """Let a paused job run again, from its next slot on."""
    with database() as opened, opened.transaction() as session:
        found = scheduling.resume(session, job, Actor(actor()), now=SystemClock().now())
        resumed = shown(ScheduleShown, found)
    print_fields(resumed, as_json=as_json)
