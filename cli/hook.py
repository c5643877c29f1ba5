"""`mendline hook`: endpoints outside that are told of what came to pass."""

from collections.abc import Sequence
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option, settings
from cli.letters import person
from cli.output import print_fields, print_rows, shown
from config import wiring
from core.clock import SystemClock
from core.hooks import endpoints
from core.hooks.endpoints import NewHook
from core.hooks.secret import secret_of
from core.hooks.telling import Announcer
from core.store import hooks, projects, work
from core.store.hooks import Occasion
from core.store.work import WorkOrder
from web.api.schemas.hooks import DeliveryShown, HookShown

COLUMNS: Final = ("id", "name", "url", "occasions", "project_id", "created_at")
SENT: Final = ("id", "occasion", "state", "attempts", "status", "error", "created_at")


@click.group()
def hook() -> None:
    """Endpoints outside that are told of what came to pass."""


@hook.command("list")
@json_option
@data_dir_option
def list_(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """All hooks, newest first."""
    with database() as opened, opened.transaction() as session:
        rows = [shown(HookShown, row[0]) for row in hooks.page(session).rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@hook.command()
@click.argument("url")
@click.option("--name", default="", help="Default: the host of the address.")
@click.option(
    "--on",
    "occasions",
    multiple=True,
    type=click.Choice([each.value for each in Occasion]),
    help="What it is told of. Default: everything.",
)
@click.option("--project", help="Name or id. Default: all projects.")
@json_option
@data_dir_option
def create(url: str, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001
    """Tell URL of what comes to pass; the secret of its signatures is shown this once."""
    named = [Occasion(each) for each in wanted["occasions"]] or list(Occasion)
    with database() as opened, opened.transaction() as session:
        project = projects.find(session, wanted["project"]).id if wanted["project"] else None
        new = NewHook(url, wanted["name"], named, project)
        made = endpoints.create(session, new, actor=person(), now=SystemClock().now())
        secret = secret_of(wiring.seal(settings()), made.salt)
        fields = shown(HookShown, made) | {"secret": secret}
    print_fields(fields, as_json=as_json)


@hook.command()
@click.argument("hook_id", type=int)
@json_option
@data_dir_option
def delete(hook_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Delete a hook, with what is still to be sent to it."""
    with database() as opened, opened.transaction() as session:
        found = hooks.get(session, hook_id)
        fields = shown(HookShown, found)
        endpoints.remove(session, found, actor=person(), now=SystemClock().now())
    print_fields(fields, as_json=as_json)


@hook.command()
@click.argument("hook_id", type=int)
@json_option
@data_dir_option
def test(hook_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Send it a message of no meaning; `hook deliveries` tells what came of it."""
    clock = SystemClock()

    def add(session: Session, order: WorkOrder) -> int:
        return work.add(session, order, clock.now()).work_id

    with database() as opened, opened.transaction() as session:
        found, announcer = hooks.get(session, hook_id), Announcer(add, plugged=False)
        sent = endpoints.trial(session, found, announcer, actor=person(), now=clock.now())
        fields = DeliveryShown.of(sent, "waiting", 0, ()).model_dump(mode="json")
    print_fields(fields, as_json=as_json)


@hook.command()
@click.argument("hook_id", type=int)
@json_option
@data_dir_option
def deliveries(hook_id: int, as_json: bool) -> None:  # noqa: FBT001
    """What was sent to it, newest first."""
    with database() as opened, opened.transaction() as session:
        found = hooks.deliveries(session, hooks.get(session, hook_id).id)
        rows: Sequence[dict[str, Any]] = [
            DeliveryShown.of(*row[:4]).model_dump(mode="json") for row in found.rows
        ]
    print_rows(rows, SENT, as_json=as_json)
