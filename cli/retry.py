"""`mendline retry`: how retries have gone lately."""

import click

from cli.console import data_dir_option, database, json_option
from cli.output import print_rows
from core.clock import SystemClock
from core.resilience.book import WINDOW
from core.store import retries
from web.api.routes.retries import shown

COLUMNS = ("category", "component", "attempt", "tried", "failed", "success_share")
SHOWN_ROWS = 1000


@click.group()
def retry() -> None:
    """How retries have gone in the last day."""


@retry.command("list")
@click.option("--category")
@click.option("--component", help="Of a reported error, or `task:` and the name of a task.")
@click.option("--limit", type=click.IntRange(1, SHOWN_ROWS), default=100, show_default=True)
@json_option
@data_dir_option
def list_(category: str | None, component: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Attempts by what had failed before them, where, and their number; the most tried ones."""
    with database() as opened, opened.transaction() as session:
        found = retries.summed(session, SystemClock().now() - WINDOW)
    listed = shown(found, category=category, component=component, limit=limit)
    print_rows([row.model_dump(mode="json") for row in listed], COLUMNS, as_json=as_json)
