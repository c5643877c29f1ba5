"""`mendline project`: the applications whose errors are taken in, and their DSNs."""

from dataclasses import asdict
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.appearing import appearing
from cli.console import actor, data_dir_option, database, json_option, public_url
from cli.output import print_fields, print_rows
from core.access import tenancy
from core.access.audit import Actor
from core.clock import SystemClock
from core.model import Project, ProjectKey
from core.store import projects
from web.api.schemas.shape import rfc3339


def fields(found: Project, key: ProjectKey | None) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "name": found.name,
        "dsn": projects.dsn(public_url(), key.public_key, found.id) if key else None,
        "created_at": rfc3339(found.created_at),
    }


@click.group()
def project() -> None:
    """Applications whose errors are taken in."""


@project.command()
@click.argument("name")
@json_option
@data_dir_option
def create(name: str, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Make a project and print its DSN."""
    with database() as opened, opened.transaction() as session:
        made = fields(*tenancy.create(session, name, Actor(actor()), now=SystemClock().now()))
    _print(made, as_json=as_json)


@project.command("list")
@json_option
@data_dir_option
def list_(as_json: bool) -> None:  # noqa: FBT001
    """All projects with their DSNs."""
    with database() as opened, opened.transaction() as session:
        rows = [_with_key(session, each) for each in projects.every(session)]
    print_rows(rows, ("id", "name", "dsn"), as_json=as_json)


@project.command("rotate-key")
@click.argument("name_or_id")
@click.option(
    "--keep-old", is_flag=True, help="Leave the old key valid, so that clients can change."
)
@json_option
@data_dir_option
def rotate_key(name_or_id: str, keep_old: bool, as_json: bool) -> None:  # noqa: FBT001
    """Make a new key and print the new DSN; the old one stops working."""
    with database() as opened, opened.transaction() as session:
        found = projects.find(session, name_or_id)
        now = SystemClock().now()
        key = tenancy.rotate_key(session, found, Actor(actor()), now=now, keep_old=keep_old)
        rotated = fields(found, key)
    _print(rotated, as_json=as_json)


@project.command()
@click.argument("name_or_id")
@click.option("--bytes", "size", type=int, help="Bytes that its events may take.")
@click.option("--days", type=int, help="Days that its events are kept, if fewer than for all.")
@click.option("--reset", is_flag=True, help="Forget both: it is kept as all projects are.")
@json_option
@data_dir_option
def retention(name_or_id: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Show or set how much of a project's events is kept, and for how long."""
    wanted = _wanted(**options)
    with database() as opened, opened.transaction() as session:
        found = projects.find(session, name_or_id)
        if wanted:
            by, now = Actor(actor()), SystemClock().now()
            found = tenancy.keep(session, found.id, wanted, by, now=now)
        shown = {name: found.settings.get(name) for name in projects.RETENTION}
        print_fields({"project": found.name, **shown}, as_json=as_json)


def _wanted(*, size: int | None, days: int | None, reset: bool) -> dict[str, int | None]:
    told = {"retention_bytes": size, "retention_days": days}
    named = {name: value for name, value in told.items() if value is not None}
    if reset and named:
        raise click.UsageError("--reset forgets both; give it alone.")
    if reset:
        return dict.fromkeys(told)
    return {**named}


@project.command()
@click.argument("name_or_id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@json_option
@data_dir_option
def export(name_or_id: str, file: Path, force: bool, as_json: bool) -> None:  # noqa: FBT001
    """Write a project with its events to a file, as of one moment.

    Keys, accounts, dead letters, recoveries and alerts are not in it.
    """
    from core.maintenance.exchange import write_project  # noqa: PLC0415 (slow to import)

    version, now = installed("mendline"), SystemClock().now()
    with database() as opened, appearing(file, replace=force) as out:
        made = write_project(opened, name_or_id, out, version=version, now=now)
    if made.unreadable:
        click.echo(
            f"{made.unreadable} events could not be opened; see `mendline doctor`.", err=True
        )
    told = {"file": str(file), "bytes": file.stat().st_size}
    print_fields({**asdict(made), **told}, as_json=as_json)


@project.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--name", help="Call the project so. Default: as it was called.")
@json_option
@data_dir_option
def import_(file: Path, name: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Read a project out of a file, wholly or not at all; it gets a DSN of its own."""
    from core.maintenance.exchange import read_project  # noqa: PLC0415 (slow to import)

    with database() as opened, file.open("rb") as source:
        made = read_project(opened, source, Actor(actor()), now=SystemClock().now(), name=name)
    found = asdict(made)
    found["dsn"] = projects.dsn(public_url(), found.pop("dsn_key"), made.project_id)
    found["project_id"] = str(made.project_id)
    print_fields(found, as_json=as_json)


def _with_key(session: Session, found: Project) -> dict[str, Any]:
    return fields(found, projects.current_key(session, found.id))


def _print(made: dict[str, Any], *, as_json: bool) -> None:
    """Outside JSON the DSN alone: it is what is copied, or piped on."""
    if as_json:
        print_fields(made, as_json=True)
    else:
        click.echo(made["dsn"])
