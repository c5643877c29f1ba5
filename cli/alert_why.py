"""`mendline alert why`: why somebody was told of an alert, or why nobody was."""

from typing import Final

import click

from cli.console import data_dir_option, database, json_option
from cli.output import print_json, print_rows, say
from core.alerts import why as reasons
from core.store import alerts
from web.api.schemas.incidents import StoryShown

COLUMNS: Final = ("at", "step", "outcome", "channel", "reason")


@click.command()
@click.argument("alert_id", type=click.IntRange(min=1), metavar="ID")
@json_option
@data_dir_option
def why(alert_id: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Tell the way of alert ID: rule, incident, route, group, what held it back, attempts."""
    with database() as opened, opened.transaction() as session:
        story = reasons.story(session, alerts.get(session, alert_id))
        shown = StoryShown.of(story).model_dump(mode="json")
    if as_json:
        print_json(shown)
        return
    say(f"{shown['name']} (alert {alert_id}, {shown['state']})")
    say(f"{shown['answer']}\n")
    print_rows(shown["steps"], COLUMNS)
