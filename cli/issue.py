"""`mendline issue`: failures, grouped, and their life cycle."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from cli.console import actor, data_dir_option, database, json_option
from cli.grouping import preview_, why
from cli.insight import COMMANDS as INSIGHT
from cli.output import print_fields, print_rows, shown
from cli.solving import solutions
from core.clock import SystemClock
from core.errors import NotFoundError
from core.issues import lifecycle, merging
from core.issues.lifecycle import Change
from core.issues.states import Status
from core.store import issues, projects
from core.store.issues import IssueFilter, Sort
from web.api.schemas.issues import IssueShown, TransitionShown

COLUMNS = ("id", "status", "level", "category", "event_count", "last_seen", "title", "culprit")
SHOWN_PAGES = 500


@click.group()
def issue() -> None:
    """Failures, grouped."""


@issue.command("list")
@click.option("--project", help="Name or id.")
@click.option("--status", multiple=True, type=click.Choice([status.value for status in Status]))
@click.option("--level", multiple=True)
@click.option("--category", multiple=True)
@click.option("--component", multiple=True)
@click.option("--query", default="", help="Words that title or culprit contain.")
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), default="last_seen")
@click.option("--limit", type=click.IntRange(1, SHOWN_PAGES), default=50, show_default=True)
@json_option
@data_dir_option
def list_(as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Issues, the last seen first."""
    with database() as opened, opened.transaction() as session:
        named = wanted["project"]
        chosen = IssueFilter(
            projects=[projects.find(session, named).id] if named else (),
            statuses=wanted["status"],
            levels=wanted["level"],
            categories=wanted["category"],
            components=wanted["component"],
            query=wanted["query"],
        )
        page = issues.page(session, chosen, sort=Sort(wanted["sort"]), limit=wanted["limit"])
        rows = [shown(IssueShown, row[0]) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@issue.command()
@click.argument("issue_id", type=int)
@json_option
@data_dir_option
def show(issue_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One issue with its keys, what was merged into it, and its history."""
    with database() as opened, opened.transaction() as session:
        found = issues.get(session, issue_id)
        family = issues.family(session, issue_id)
        detail = shown(IssueShown, found) | {
            "issue_keys": issues.keys(session, [issue_id])[issue_id],
            "merged": [str(each) for each in family if each != issue_id],
            "transitions": [
                shown(TransitionShown, each) for each in issues.transitions(session, issue_id)
            ],
        }
    print_fields(detail, as_json=as_json)


@issue.command()
@click.argument("issue_ids", type=int, nargs=-1, required=True)
@click.option("--reason", default="by_hand")
@json_option
@data_dir_option
def resolve(issue_ids: Sequence[int], reason: str, as_json: bool) -> None:  # noqa: FBT001
    """Mark issues as mended; a later event makes them regressed."""
    _change(issue_ids, Change(new=Status.RESOLVED, actor=actor(), reason=reason), as_json=as_json)


@issue.command()
@click.argument("issue_ids", type=int, nargs=-1, required=True)
@click.option("--days", type=click.IntRange(1, 36_500), help="How long. Default: for good.")
@click.option("--reason", default="by_hand")
@json_option
@data_dir_option
def ignore(issue_ids: Sequence[int], days: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    """Be silent about issues; they are counted on."""
    until = SystemClock().now() + timedelta(days=days) if days else None
    wanted = Change(new=Status.IGNORED, actor=actor(), reason=reason, ignored_until=until)
    _change(issue_ids, wanted, as_json=as_json)


@issue.command()
@click.argument("issue_ids", type=int, nargs=-1, required=True)
@click.option("--reason", default="by_hand")
@json_option
@data_dir_option
def unresolve(issue_ids: Sequence[int], reason: str, as_json: bool) -> None:  # noqa: FBT001
    """Open issues again."""
    wanted = Change(new=Status.UNRESOLVED, actor=actor(), reason=reason)
    _change(issue_ids, wanted, as_json=as_json)


@issue.command()
@click.argument("target_id", type=int)
@click.argument("source_ids", type=int, nargs=-1, required=True)
@json_option
@data_dir_option
def merge(target_id: int, source_ids: Sequence[int], as_json: bool) -> None:  # noqa: FBT001
    """Make the issues SOURCE_IDS part of TARGET_ID; `unmerge` undoes it."""
    with database() as opened, opened.transaction() as session:
        now = SystemClock().now()
        merged = merging.merge(session, target_id, source_ids, actor=actor(), now=now)
        answer = shown(IssueShown, merged)
    print_fields(answer, as_json=as_json)


@issue.command()
@click.argument("issue_id", type=int)
@json_option
@data_dir_option
def unmerge(issue_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Make a merged issue its own again."""
    with database() as opened, opened.transaction() as session:
        parted = merging.unmerge(session, issue_id, actor=actor(), now=SystemClock().now())
        answer = shown(IssueShown, parted)
    print_fields(answer, as_json=as_json)


def _change(issue_ids: Sequence[int], wanted: Change, *, as_json: bool) -> None:
    with database() as opened, opened.transaction() as session:
        for issue_id in issue_ids:
            found = issues.get(session, issue_id)
            if found.merged_into is not None:
                raise NotFoundError(f"Issue {issue_id} is merged into {found.merged_into}.")
        lifecycle.change(session, issue_ids, wanted, now=SystemClock().now())
        rows = [shown(IssueShown, issues.get(session, issue_id)) for issue_id in issue_ids]
    print_rows(rows, ("id", "status", "title"), as_json=as_json)


issue.add_command(preview_)
issue.add_command(why)
issue.add_command(solutions)
for command in INSIGHT:
    issue.add_command(command)
