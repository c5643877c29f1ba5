"""`mendline switch`: switches that applications read, as operators set them."""

from datetime import timedelta
from typing import Any

import click
import orjson
from sqlalchemy.orm import Session

from cli.amount import Amount
from cli.console import data_dir_option, database, json_option
from cli.letters import person
from cli.output import print_fields, print_rows, shown
from core.access import audit
from core.access.audit import Act
from core.clock import SystemClock
from core.store import projects, switches
from core.store.switches import Change
from web.api.schemas.switches import LONGEST_SECONDS, SwitchShown

COLUMNS = ("name", "value", "set_at", "until", "author", "why")

project_option = click.option("--project", default="default", show_default=True, help="Name or id.")
why_option = click.option("--why", required=True, help="Kept in the history, and in the audit.")


@click.group()
def switch() -> None:
    """Switches that applications read: fallbacks, features, where to go."""


@switch.command("list")
@project_option
@json_option
@data_dir_option
def list_(project: str, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """The switches in force."""
    with database() as opened, opened.transaction() as session:
        found = projects.find(session, project)
        now = SystemClock().now()
        rows = [shown(SwitchShown, each) for each in switches.in_force(session, found.id, now=now)]
    print_rows(rows, COLUMNS, as_json=as_json)


@switch.command("set")
@click.argument("name")
@click.argument("value")
@click.option(
    "--for",
    "seconds",
    type=Amount(0, LONGEST_SECONDS, min_open=True),
    help="Seconds that it holds; for ever without it.",
)
@project_option
@why_option
@json_option
@data_dir_option
def set_(name: str, value: str, as_json: bool, **asked: Any) -> None:  # noqa: FBT001
    """Set NAME to VALUE: JSON (true, 3, "a"), or else a text."""
    now, seconds = SystemClock().now(), asked["seconds"]
    until = now + timedelta(seconds=seconds) if seconds else None
    with database() as opened, opened.transaction() as session:
        found = projects.find(session, asked["project"]).id
        change = Change(found, name, person().name, asked["why"], until)
        _note(session, "switch.set", change)
        made = shown(SwitchShown, switches.put(session, change, _read(value), now=now))
    print_fields(made, as_json=as_json)


@switch.command()
@click.argument("name")
@project_option
@why_option
@json_option
@data_dir_option
def unset(name: str, project: str, why: str, as_json: bool) -> None:  # noqa: FBT001
    """Take the switch NAME away."""
    with database() as opened, opened.transaction() as session:
        found = projects.find(session, project).id
        change = Change(found, name, person().name, why)
        _note(session, "switch.unset", change)
        switches.remove(session, change, now=SystemClock().now())
    print_fields({"name": name}, as_json=as_json)


def _note(session: Session, doing: str, change: Change) -> None:
    act = Act(
        name=doing,
        subject="switch",
        subject_id=0,
        project_id=change.project_id,
        detail={"switch": change.name, "why": change.why},
    )
    audit.record(session, person(), act, now=SystemClock().now())


def _read(value: str) -> Any:
    try:
        return orjson.loads(value)
    except ValueError:
        return value
