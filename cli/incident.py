"""`mendline incident`: alerts that have one cause, as far as can be seen."""

from typing import Final

import click

from cli.console import data_dir_option, database, json_option
from cli.output import print_fields, print_rows
from core.store import alert_groups
from web.api.schemas.incidents import IncidentAlertShown, IncidentShown

COLUMNS: Final = ("id", "state", "title", "alerts", "live", "started_at", "closed_at")
MEMBERS: Final = ("alert_id", "name", "state", "severity", "reason")


@click.group()
def incident() -> None:
    """Alerts that have one cause, as far as can be seen."""


@incident.command("list")
@click.option("--state", type=click.Choice(["open", "closed"]), help="In this state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@data_dir_option
def list_(state: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Incidents, newest first."""
    with database() as opened, opened.transaction() as session:
        page = alert_groups.incident_page(session, state=state, limit=limit)
        found = [IncidentShown.of(*row[:3]).model_dump(mode="json") for row in page.rows]
    print_rows(found, COLUMNS, as_json=as_json)


@incident.command()
@click.argument("incident_id", type=click.IntRange(min=1), metavar="ID")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@data_dir_option
def show(incident_id: int, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """One incident with its newest alerts, and why each is in it."""
    with database() as opened, opened.transaction() as session:
        row = alert_groups.incident(session, incident_id)
        fields = IncidentShown.of(row, *alert_groups.counts(session, row.id))
        page = alert_groups.alerts_of(session, row.id, limit=limit)
        members = [IncidentAlertShown.of(*each[:3]).model_dump(mode="json") for each in page.rows]
    shown = fields.model_dump(mode="json")
    if as_json:
        print_fields({**shown, "members": members}, as_json=True)
        return
    print_fields(shown)
    click.echo()
    print_rows(members, MEMBERS)
