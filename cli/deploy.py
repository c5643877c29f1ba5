"""`mendline deploy`: what was changed, so that issues can name what came before them."""

from datetime import UTC, datetime
from typing import Any, Final

import click

from cli.console import data_dir_option, database, json_option
from cli.letters import person
from cli.output import print_fields, print_rows, shown
from core.clock import SystemClock
from core.insight import deploys
from core.insight.deploys import DeployKind, NewDeploy
from core.store import projects
from web.api.schemas.deploys import DeployShown

COLUMNS: Final = ("id", "at", "kind", "name", "environment", "component", "created_by")


@click.group()
def deploy() -> None:
    """What was changed, so that issues can name what came before them."""


@deploy.command()
@click.argument("name")
@click.option("--project", required=True, help="Name or id.")
@click.option(
    "--kind",
    default=DeployKind.RELEASE.value,
    show_default=True,
    type=click.Choice([kind.value for kind in DeployKind]),
)
@click.option("--environment", help="Where, for example production.")
@click.option("--component", help="What part of the system.")
@click.option("--note", default="", help="For people; for example the address of the pipeline.")
@click.option("--at", type=click.DateTime(), help="When it took effect (UTC). Default: now.")
@json_option
@data_dir_option
def record(name: str, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Tell that the release or change NAME took effect."""
    told: datetime | None = wanted.pop("at")
    with database() as opened, opened.transaction() as session:
        new = NewDeploy(
            project_id=projects.find(session, wanted.pop("project")).id,
            name=name,
            kind=DeployKind(wanted.pop("kind")),
            at=told.replace(tzinfo=UTC) if told else None,
            **wanted,
        )
        made = deploys.record(session, new, actor=person(), now=SystemClock().now())
        fields = shown(DeployShown, made)
    print_fields(fields, as_json=as_json)


@deploy.command("list")
@click.option("--project", help="Name or id.")
@json_option
@data_dir_option
def list_(project: str | None, as_json: bool) -> None:  # noqa: FBT001
    """The newest deploys."""
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project).id if project else None
        page = deploys.page(session, project_id=chosen)
        rows = [shown(DeployShown, row[0]) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)
