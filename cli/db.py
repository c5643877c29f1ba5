"""`mendline db`: the schema of the database."""

import click

from cli.console import data_dir_option, json_option, settings
from cli.failure import FAILED
from cli.output import print_fields
from config import grouping, wiring
from core.store import schema
from core.store.schema import Fit, SchemaState

NEXT_STEP = {
    Fit.EMPTY: "Run `mendline db upgrade`.",
    Fit.OLDER: "Run `mendline db upgrade`.",
    Fit.NEWER: "A newer Mendline has upgraded this database: use that version.",
    Fit.CURRENT: None,
}


@click.group()
def db() -> None:
    """Create and migrate the database."""


@db.command()
@click.option("--no-backup", is_flag=True, help="Without a proven backup first.")
@json_option
@data_dir_option
def upgrade(no_backup: bool, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Bring the schema and the keys of issues to this version, after a backup that was proven.

    Safe to repeat when it was broken off, and from several hosts at once. The way back is
    `mendline backup restore`, with the path that is told first.
    """
    from config import upgrade as upgrading  # noqa: PLC0415 (slow to import; `check` needs none)

    found = settings()
    url = wiring.required(found.database_url, "DATABASE_URL")
    backup = found.backup_before_upgrade and not no_backup
    state = upgrading.upgrade(found, say=_say, backup=backup)
    grouping.carry_over(url, say=_say)
    _print(state, as_json=as_json)


@db.command()
@json_option
@data_dir_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001
    """Tell whether the schema is the one that this version needs; 1 if it is not."""
    state = schema.state(wiring.required(settings().database_url, "DATABASE_URL"))
    _print(state, as_json=as_json)
    if not state.ready:
        ctx.exit(FAILED)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print(state: SchemaState, *, as_json: bool) -> None:
    step = NEXT_STEP[state.fit]
    fields = {"schema": state.fit, "revision": state.found, "needed": state.needed}
    print_fields(fields | ({"next_step": step} if step else {}), as_json=as_json)
