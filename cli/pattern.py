"""`mendline pattern`: how messages of a project are alike."""

from typing import Any

import click

from cli.console import data_dir_option, database, json_option
from cli.output import print_fields, print_rows, shown
from core.store import patterns, projects
from core.store.patterns import Sort
from web.api.schemas.issues import IssueShown
from web.api.schemas.patterns import PatternShown

COLUMNS = ("id", "issue_count", "event_count", "last_seen", "template")
SHOWN_PAGES = 500


@click.group()
def pattern() -> None:
    """Patterns of the titles of issues, learned as issues come."""


@pattern.command("list")
@click.option("--project", help="Name or id.")
@click.option("--query", default="", help="Words that the template contains.")
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), default="last_seen")
@click.option("--limit", type=click.IntRange(1, SHOWN_PAGES), default=50, show_default=True)
@json_option
@data_dir_option
def list_(as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Patterns, the last seen first."""
    with database() as opened, opened.transaction() as session:
        named = wanted["project"]
        page = patterns.page(
            session,
            projects=[projects.find(session, named).id] if named else (),
            query=wanted["query"],
            sort=Sort(wanted["sort"]),
            limit=wanted["limit"],
        )
        rows = [shown(PatternShown, row[0]) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@pattern.command()
@click.argument("pattern_row", metavar="ID", type=int)
@json_option
@data_dir_option
def show(pattern_row: int, as_json: bool) -> None:  # noqa: FBT001
    """One pattern with the issues that have it."""
    with database() as opened, opened.transaction() as session:
        found = patterns.of_project(session, pattern_row, None)
        detail = shown(PatternShown, found) | {
            "former_ids": list(patterns.former_ids(session, found.id)),
            "issues": [shown(IssueShown, each) for each in patterns.issues(session, found.id)],
        }
    print_fields(detail, as_json=as_json)
