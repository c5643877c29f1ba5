"""`mendline issue impact`, `similar`, `related` and `suggestions`: issues beside one another."""

from collections.abc import Callable
from typing import Any

import click

from cli.console import actor, data_dir_option, database, json_option
from cli.output import print_fields, print_json, print_rows, shown
from core.clock import SystemClock
from core.insight import groups
from core.insight import impact as impacts
from core.insight import related as relations
from core.insight import suggestions as merges
from core.insight.suggestions import State
from core.store import issues, projects
from core.store.payloads import Payloads
from web.api.schemas.insight import ImpactShown, RelatedShown, SimilarShown, SuggestionShown

SIMILAR = ("id", "score", "title", "culprit", "reasons")
SUGGESTED = ("id", "target_id", "source_id", "score", "state", "reasons")
TOGETHER = ("id", "title", "reason")
GROUPS = ("id", "state", "started_at", "suspect_id", "confidence", "issue_count", "reasons")


@click.command()
@click.argument("issue_id", type=int)
@json_option
@data_dir_option
def impact(issue_id: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Whom and what an issue hits, its trend, and what changed before it."""
    with database() as opened, opened.transaction() as session:
        issue = issues.get(session, issue_id)
        found = shown(ImpactShown, impacts.of_issue(session, issue, SystemClock().now()))
    if as_json:
        print_json(found)
        return
    print_fields(_told(found))
    _print_part("Releases", found["releases"], ("value", "events", "first_seen", "last_seen"))
    _print_part("Environments", found["environments"], ("value", "events", "last_seen"))
    _print_part("Components", found["components"], ("value", "events", "last_seen"))
    _print_part("Just before it began", found["changes"], ("at", "reason"))


def _told(found: dict[str, Any]) -> dict[str, Any]:
    share = found["share"]
    return {
        "users": _number(found["users"]),
        "users now": _number(found["users_now"]),
        "trend": found["rate"]["trend"],
        "because": found["rate"]["reason"],
        "blast radius": found["blast_radius"]["reason"],
        "share of events": f"{share['share']:.1%} ({share['part']:.0f} of {share['whole']:.0f})",
    }


def _number(users: dict[str, Any]) -> str:
    return f"{users['count']}" if users["exact"] else f"{users['count']} ± {users['error']:.0%}"


def _print_part(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if rows:
        click.echo(f"\n{title}")
        print_rows(rows, columns)


@click.command()
@click.argument("issue_id", type=int)
@json_option
@data_dir_option
def related(issue_id: int, as_json: bool) -> None:  # noqa: FBT001
    """What comes together with an issue (a hint, no cause), and the cascades it was part of."""
    with database() as opened, opened.transaction() as session:
        issue = issues.get(session, issue_id)
        found = relations.of_issue(session, issue, SystemClock().now())
        family = issues.family(session, issue.id)
        answer = RelatedShown.of(found, groups.of_issue(session, family)).model_dump(mode="json")
    if as_json:
        print_json(answer)
        return
    together = [
        {"id": each["issue"]["id"], "title": each["issue"]["title"], "reason": hint["reason"]}
        for each in answer["comes_with"]
        for hint in each["hints"]
    ]
    print_rows(together, TOGETHER)
    _print_part("Correlations", answer["correlations"], GROUPS)


@click.command()
@click.argument("issue_id", type=int)
@json_option
@data_dir_option
def similar(issue_id: int, as_json: bool) -> None:  # noqa: FBT001
    """The issues of the project that are most like an issue, and in what."""
    with database() as opened, opened.transaction() as session:
        issue = issues.get(session, issue_id)
        found = merges.similar(session, issue, Payloads(), SystemClock().now())
        rows = [SimilarShown.of(each).model_dump(mode="json") for each in found]
    if as_json:
        print_json(rows)
        return
    print_rows([each["issue"] | each for each in rows], SIMILAR)


@click.group()
def suggestions() -> None:
    """Merges that are suggested; people accept or dismiss them."""


@suggestions.command("list")
@click.option("--project", help="Name or id.")
@click.option(
    "--state", type=click.Choice([state.value for state in State]), default=State.OPEN.value
)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@json_option
@data_dir_option
def list_(project: str | None, state: str, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Suggested merges, newest first."""
    with database() as opened, opened.transaction() as session:
        project_id = projects.find(session, project).id if project else None
        page = merges.page(session, project_id=project_id, state=State(state), limit=limit)
        rows = [shown(SuggestionShown, row[0]) for row in page.rows]
    print_rows(rows, SUGGESTED, as_json=as_json)


@suggestions.command()
@click.argument("suggestion_id", type=int)
@json_option
@data_dir_option
def accept(suggestion_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Merge the two issues; `mendline issue unmerge` undoes it."""
    _decide(merges.accept, suggestion_id, as_json=as_json)


@suggestions.command()
@click.argument("suggestion_id", type=int)
@json_option
@data_dir_option
def dismiss(suggestion_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Never suggest to merge these two again."""
    _decide(merges.dismiss, suggestion_id, as_json=as_json)


def _decide(act: Callable[..., Any], suggestion_id: int, *, as_json: bool) -> None:
    with database() as opened, opened.transaction() as session:
        found = merges.get(session, suggestion_id)
        done = act(session, found, actor=actor(), now=SystemClock().now())
        answer = shown(SuggestionShown, done)
    print_fields(answer, as_json=as_json)


COMMANDS = (impact, related, similar, suggestions)
