"""`mendline deadletter replays`: runs of many letters; and how `deadletter replay` begins one."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from cli.amount import Amount
from cli.console import data_dir_option, database, json_option
from cli.letters import chosen, means, person
from cli.output import print_fields, print_rows, shown
from core import deadletters
from core.clock import SystemClock
from core.deadletters import Pace
from core.deadletters import replays as runs
from web.api.schemas.replays import PreviewShown, RunDetail, RunShown

COLUMNS: Final = (
    "id",
    "state",
    "matched",
    "sent",
    "succeeded",
    "failed",
    "refused",
    "recalled",
    "created_at",
    "author",
)
USUAL: Final = Pace()
UNITS: Final = {"s": 1, "m": 60, "h": 3600}

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class RateValue(click.ParamType[Any]):
    """`5/s`, `100/m`, `1000/h`; without a unit a second is meant."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/([smh]))?", str(value))
        rate = float(found[1]) / UNITS[found[2] or "s"] if found else 0.0
        if rate < runs.SLOWEST:
            told = f"{value!r} is not a rate like 5/s, 100/m or 1000/h, and of one a day at least"
            self.fail(told, param, ctx)
        return rate


def pace_options(command: Decorated) -> Decorated:
    """How a run goes; what is not given is as usual."""
    options = (
        click.option(
            "--rate", type=RateValue(), help=f"Letters in a time. Default: {USUAL.rate:g}/s"
        ),
        click.option(
            "--batch",
            type=click.IntRange(1, 1000),
            help=f"Letters of a batch; the first is waited for. Default: {USUAL.batch}",
        ),
        click.option(
            "--failure-share",
            type=Amount(0, 1),
            help=f"Ends the run when more than this fails again. Default: {USUAL.failure_share:g}",
        ),
        click.option("--dry-run", is_flag=True, help="Only tell what would happen."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def begin(options: Mapping[str, Any], *, as_json: bool) -> None:
    given = {name: options[name] for name in ("rate", "batch", "failure_share")}
    pace = Pace(**{name: value for name, value in given.items() if value is not None})
    now = SystemClock().now()
    with database() as opened, opened.transaction() as session:
        wanted, sending = chosen(session, options), means()
        if not wanted.narrows:
            raise click.UsageError("Name ids, or a filter.")
        if options["dry_run"]:
            told = deadletters.preview(session, wanted, pace, means=sending, now=now)
            fields = shown(PreviewShown, PreviewShown.of(told))
        else:
            run = runs.start(session, wanted, pace, means=sending, actor=person(), now=now)
            fields = shown(RunShown, run)
    print_fields(fields, as_json=as_json)


@click.group()
def replays() -> None:
    """Runs that send many dead letters again."""


@replays.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
@data_dir_option
def list_(limit: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Newest first."""
    with database() as opened, opened.transaction() as session:
        rows = [shown(RunShown, row[0]) for row in runs.page(session, limit=limit).rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@replays.command()
@click.argument("run_id", type=int)
@json_option
@data_dir_option
def show(run_id: int, as_json: bool) -> None:  # noqa: FBT001
    """How far it is, and which letters did not succeed."""
    with database() as opened, opened.transaction() as session:
        fields = shown(RunDetail, runs.whole(session, runs.get(session, run_id)))
    print_fields(fields, as_json=as_json)


@replays.command()
@click.argument("run_id", type=int)
@json_option
@data_dir_option
def stop(run_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Send no more of it; letters whose replay has not begun are open again."""
    with database() as opened, opened.transaction() as session:
        now = SystemClock().now()
        run = runs.stop(session, run_id, means=means(), actor=person(), now=now)
        fields = shown(RunShown, run)
    print_fields(fields, as_json=as_json)
