"""`mendline recovery policy`: what is done about failures, as files of projects and components."""

import uuid
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.console import actor, data_dir_option, database, json_option, settings
from cli.failure import FAILED
from cli.output import print_fields, print_json, print_rows, say
from cli.rules import FILE, content_of
from config.recovery_policy import installed_words, shipped_text
from core.clock import SystemClock
from core.model import RecoveryPolicy
from core.recovery import rulebook
from core.recovery.engine import Engine
from core.recovery.policy_reading import Reading, read
from core.recovery.rulebook import WHOLE_PROJECT, Place
from core.store import projects
from web.api.schemas.shape import rfc3339

component_option = click.option(
    "--component", default=WHOLE_PROJECT, help="Of one component. Default: of the whole project."
)


@click.group()
def policy() -> None:
    """Which strategies are tried for which failures, with which limits, and how far they may go."""


@policy.command()
@click.argument("file", type=FILE)
@json_option
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """Tell all that is wrong in FILE (- is standard input); 1 if it cannot be used."""
    found = read(content_of(file), installed_words())
    if as_json:
        problems = [problem._asdict() for problem in found.problems]
        print_json({"usable": found.usable, "rules": len(found.layer.rules), "problems": problems})
    else:
        _say(found, file)
        if found.usable:
            click.echo(f"{len(found.layer.rules)} rules, and nothing against them.")
    if not found.usable:
        ctx.exit(FAILED)


@policy.command("set")
@click.argument("project")
@click.argument("file", type=FILE)
@component_option
@json_option
@data_dir_option
def set_(project: str, file: Path, component: str, as_json: bool) -> None:  # noqa: FBT001
    """Put FILE in force for PROJECT, from the next failure on."""
    content, now = content_of(file), SystemClock().now()
    _say(read(content, installed_words()), file, fatal=False)
    with database() as opened, opened.transaction() as session:
        place = _place(session, project, component)
        made = rulebook.put(
            session, place, content, words=installed_words(), author=actor(), now=now
        )
        fields = _fields(made)
    print_fields(fields, as_json=as_json)


@policy.command()
@click.argument("project", required=False)
@component_option
@click.option("--version", type=click.IntRange(1), help="An earlier version. Default: the newest.")
@json_option
@data_dir_option
def show(
    project: str | None,
    component: str,
    version: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """The file as it was set, to be edited and set again. Without PROJECT: the shipped one."""
    if project is None:
        click.echo(shipped_text(), nl=False)
        return
    with database() as opened, opened.transaction() as session:
        found = rulebook.version(session, _place(session, project, component), version)
    if as_json:
        print_json(_fields(found) | {"content": found.content})
    else:
        click.echo(found.content, nl=False)


@policy.command("list")
@click.argument("project")
@json_option
@data_dir_option
def list_(project: str, as_json: bool) -> None:  # noqa: FBT001
    """What holds: of the project and of its components."""
    with database() as opened, opened.transaction() as session:
        found = rulebook.every(session, projects.find(session, project).id)
        rows = [_fields(each) for each in found]
    print_rows(rows, ("component", "version", "author", "created_at", "rules"), as_json=as_json)


@policy.command()
@click.argument("project")
@component_option
@json_option
@data_dir_option
def history(project: str, component: str, as_json: bool) -> None:  # noqa: FBT001
    """Who changed the policy and when, newest first."""
    with database() as opened, opened.transaction() as session:
        found = rulebook.history(session, _place(session, project, component))
        rows = [_fields(each) for each in found]
    print_rows(rows, ("version", "author", "created_at", "rules"), as_json=as_json)


@policy.command()
@click.argument("project")
@component_option
@json_option
@data_dir_option
def remove(project: str, component: str, as_json: bool) -> None:  # noqa: FBT001
    """Take the policy away; `set` brings it back, `show --version` shows it."""
    with database() as opened, opened.transaction() as session:
        place = _place(session, project, component)
        made = rulebook.remove(session, place, author=actor(), now=SystemClock().now())
        fields = _fields(made)
    print_fields(fields, as_json=as_json)


@policy.command()
@click.argument("event_id", type=click.UUID)
@json_option
@data_dir_option
def explain(event_id: uuid.UUID, as_json: bool) -> None:  # noqa: FBT001
    """What would be done about the event EVENT_ID now, and why. Changes nothing."""
    with database() as opened, opened.transaction() as session:
        found = _engine().explain(session, event_id)
    if as_json:
        print_json(dict(found))
        return
    _print(found)


def _engine() -> Engine:
    from tasks.app import app  # noqa: PLC0415 (slow to import; only an explanation needs it)
    from tasks.runtime import Runtime  # noqa: PLC0415

    return Runtime(app, settings()).mending.engine


def _print(found: Any) -> None:
    situation = found["situation"]
    if situation is None or "rule" not in found:
        say(found["reason"])
        return
    kind = situation["kind"] or situation["family"]
    say(f"{situation['title']}: {situation['category']}, {kind}; {situation['subject']}")
    rule, layer = found["rule"], found["policy"]
    click.echo(f"Rule {rule['name']!r}, line {rule['line']} of the policy: {layer['layer']}")
    for each in found["chain"]:
        say(f"  {each['strategy']}: {each['does']}: {each['reason']}")
        if "action" in each:
            say(f"    {each['action']} on {each['target']}, mode {each['mode']}")
        if each.get("done_for"):
            say(f"    done for recovery {each['done_for']} already; only looks whether it helped")
        elif each.get("refused_by"):
            say(f"    refused by {each['refused_by']}: {each['refused_because']}")
    if found["reason"]:
        say(found["reason"])


def _place(session: Session, project: str, component: str) -> Place:
    return Place(projects.find(session, project).id, component)


def _say(found: Reading, file: Path, *, fatal: bool = True) -> None:
    """On standard error, as compilers do it. Without `fatal` warnings only."""
    for problem in found.problems:
        if fatal or not problem.fatal:
            click.echo(f"{file}: {problem}", err=True)


def _fields(found: RecoveryPolicy) -> dict[str, Any]:
    return {
        "component": found.component or None,
        "version": found.version,
        "author": found.author,
        "created_at": rfc3339(found.created_at),
        "rules": len(read(found.content, installed_words()).layer.rules),
    }
