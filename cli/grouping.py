"""`mendline issue preview` and `mendline issue why`: what grouping does, and what it would do."""

import sys
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option
from cli.output import print_fields, print_json, say, shown
from cli.rules import FILE, content_of, say_problems
from config.knowledge import knowledge
from core.analysis.rules import RuleSet, checked, read
from core.clock import SystemClock
from core.grouping.preview import Changed, Place, Preview, preview
from core.grouping.stored import Scope
from core.grouping.why import explain
from core.store import events, projects
from core.store.payloads import Payloads
from web.api.schemas.rules import PreviewShown, WhyShown

SHOWN: int = 20


@click.command("preview")
@click.option(
    "--rules", "file", type=FILE, required=True, help="The proposed file; - is standard input."
)
@click.option("--project", help="Name or id. Default: all projects.")
@click.option("--days", type=click.IntRange(1, 3_650), default=7, show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=10_000,
    show_default=True,
    help="So many events of a project at most.",
)
@json_option
@data_dir_option
def preview_(
    file: Path,
    project: str | None,
    days: int,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say what the rules in FILE would have made of stored events. Changes nothing."""
    content = content_of(file)
    say_problems(read(content), file, fatal=False)
    rules, since = checked(content), SystemClock().now() - timedelta(days=days)
    found: dict[str, Preview] = {}
    with database() as opened, opened.transaction() as session:
        chosen = [projects.find(session, project)] if project else projects.every(session)
        for each in chosen:
            found[each.name] = _looked(session, Scope(each.id, since, limit), rules)
    if as_json:
        print_json({name: PreviewShown.of(each).model_dump() for name, each in found.items()})
        return
    for name, result in found.items():
        _print(name, result)


@click.command("why")
@click.argument("event_id", type=click.UUID)
@json_option
@data_dir_option
def why(event_id: uuid.UUID, as_json: bool) -> None:  # noqa: FBT001
    """Why the event EVENT_ID is in its issue."""
    with database() as opened, opened.transaction() as session:
        found = explain(session, events.find(session, event_id), Payloads())
    if as_json:
        print_fields(shown(WhyShown, found), as_json=True)
        return
    click.echo(f"Event {found.event_id} is in issue {found.issue_id}.")
    for line in found.in_words:
        say(line)
    for part in found.parts:
        say(f"  {part}")


def _looked(session: Session, scope: Scope, rules: RuleSet) -> Preview:
    counter = sys.stderr.isatty()

    def progress(issues: int, looked: int) -> None:
        if counter:
            click.echo(f"\r{looked} events of {issues} issues", err=True, nl=False)

    found = preview(session, scope, rules, knowledge(), progress=progress)
    if counter:
        click.echo("", err=True)
    return found


def _print(project: str, found: Preview) -> None:
    more = "" if found.complete else " (the limit; there are more)"
    click.echo(f"{project}: {found.events} events of {found.issues} issues were looked at{more}.")
    click.echo(f"{found.moved} of these events would be in another issue.")
    for rule, count in found.hits.items():
        click.echo(f"  rule {rule!r}: {count} events")
    _print_parts("Merged", found.merged, "takes from")
    _print_parts("Split", found.split, "goes to")
    _print_parts("Ignored", found.ignored, "of")
    _print_parts("Reclassified", found.reclassified, "of")
    for changed in found.retitled[:SHOWN]:
        say(f"New title: issue {changed.place.issue_id}: {changed.title}")


def _print_parts(what: str, found: Sequence[Changed], how: str) -> None:
    for changed in found[:SHOWN]:
        say(f"{what}: {_named(changed.place)}")
        for place, move in changed.parts[:SHOWN]:
            say(f"  {how} {_named(place)}: {move.events} events, as {', '.join(move.examples)}")
    if len(found) > SHOWN:
        click.echo(f"  … and {len(found) - SHOWN} more")


def _named(place: Place) -> str:
    name = f"issue {place.issue_id}" if place.issue_id else f"a new issue {place.issue_key[:12]}"
    return f"{name} ({place.title})"
