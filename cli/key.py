"""`mendline key`: API keys."""

from datetime import datetime, timedelta
from typing import Any

import click

from cli.console import actor, data_dir_option, database, json_option
from cli.output import print_fields, print_rows, shown
from core.access import issuing, keys
from core.access.audit import Actor
from core.access.keys import NewKey
from core.access.roles import Role
from core.clock import SystemClock
from core.store import projects
from web.api.schemas.keys import KeyShown

COLUMNS = ("id", "prefix", "role", "project_id", "label", "last_used_at", "revoked_at")


@click.group()
def key() -> None:
    """API keys."""


@key.command()
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--project", help="Name or id of the only project that the key may see.")
@click.option("--label", default="", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Days until it expires.")
@json_option
@data_dir_option
def create(as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Make a key and show it: this once, it cannot be found out again."""
    now = SystemClock().now()
    with database() as opened, opened.transaction() as session:
        named = wanted["project"]
        new = NewKey(
            role=Role(wanted["role"]),
            project_id=projects.find(session, named).id if named else None,
            label=wanted["label"],
            expires_at=_after(now, wanted["days"]),
        )
        made = issuing.issue(session, new, Actor(actor()), now=now)
        answer = shown(KeyShown, made.key) | {"key": made.plain}
    if as_json:
        print_fields(answer, as_json=True)
    else:
        click.echo(made.plain)


@key.command("list")
@click.option("--project", help="Only keys of this project (name or id).")
@json_option
@data_dir_option
def list_(project: str | None, as_json: bool) -> None:  # noqa: FBT001
    """All keys, newest first, by their beginning."""
    with database() as opened, opened.transaction() as session:
        project_id = projects.find(session, project).id if project else None
        rows = [shown(KeyShown, each) for each in keys.every(session, project_id=project_id)]
    print_rows(rows, COLUMNS, as_json=as_json)


@key.command()
@click.argument("key_id", type=int)
@json_option
@data_dir_option
def revoke(key_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Make a key invalid at once and for good."""
    with database() as opened, opened.transaction() as session:
        found = issuing.revoke(session, key_id, Actor(actor()), now=SystemClock().now())
        revoked = shown(KeyShown, found)
    print_fields(revoked, as_json=as_json)


def _after(now: datetime, days: int | None) -> datetime | None:
    return now + timedelta(days=days) if days else None
