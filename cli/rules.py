"""`mendline rules`: a project's own rules for grouping and classification."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cli.console import actor, data_dir_option, database, json_option
from cli.failure import FAILED
from cli.output import print_fields, print_json, print_rows
from core.analysis.rules import Reading, read
from core.clock import SystemClock
from core.errors import UndecodableError
from core.grouping import rulebook
from core.model import ProjectRules
from core.store import projects
from web.api.schemas.shape import rfc3339

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group()
def rules() -> None:
    """A project's own rules: what is one issue, its title, its kind, and what is ignored."""


@rules.command()
@click.argument("file", type=FILE)
@json_option
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """Tell all that is wrong in FILE (- is standard input); 1 if it cannot be used."""
    found = read(content_of(file))
    if as_json:
        problems = [problem._asdict() for problem in found.problems]
        print_json({"usable": found.usable, "rules": _count(found), "problems": problems})
    else:
        say_problems(found, file)
        if found.usable:
            click.echo(f"{_count(found)} rules, and nothing against them.")
    if not found.usable:
        ctx.exit(FAILED)


@rules.command("set")
@click.argument("project")
@click.argument("file", type=FILE)
@json_option
@data_dir_option
def set_(project: str, file: Path, as_json: bool) -> None:  # noqa: FBT001
    """Put FILE in force for PROJECT, from the next batch of events on."""
    content = content_of(file)
    say_problems(read(content), file, fatal=False)
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project)
        now = SystemClock().now()
        made = rulebook.put(session, chosen.id, content, author=actor(), now=now)
        fields = _fields(made)
    print_fields(fields, as_json=as_json)


@rules.command()
@click.argument("project")
@click.option("--version", type=click.IntRange(1), help="An earlier version. Default: the newest.")
@json_option
@data_dir_option
def show(project: str, version: int | None, as_json: bool) -> None:  # noqa: FBT001
    """The file as it was set, to be edited and set again."""
    with database() as opened, opened.transaction() as session:
        found = rulebook.version(session, projects.find(session, project).id, version)
    if as_json:
        print_json(_fields(found) | {"content": found.content})
    else:
        click.echo(found.content, nl=False)


@rules.command()
@click.argument("project")
@json_option
@data_dir_option
def history(project: str, as_json: bool) -> None:  # noqa: FBT001
    """Who changed the rules and when, newest first."""
    with database() as opened, opened.transaction() as session:
        versions = rulebook.history(session, projects.find(session, project).id)
        rows = [_fields(each) for each in versions]
    print_rows(rows, ("version", "author", "created_at", "rules"), as_json=as_json)


@rules.command()
@click.argument("project")
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True)
@json_option
@data_dir_option
def hits(project: str, days: int, as_json: bool) -> None:  # noqa: FBT001
    """How many events each rule decided about; rules that none matched have 0."""
    since = (SystemClock().now() - timedelta(days=days)).date()
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project)
        counted = rulebook.hits(session, chosen.id, since)
        current = rulebook.rules(session, chosen.id)
    names = (rule.name for rule in (*current.grouping, *current.classification))
    counted |= {name: 0 for name in names if name not in counted}
    rows = [{"rule": rule, "events": events} for rule, events in counted.items()]
    print_rows(rows, ("rule", "events"), as_json=as_json)


@rules.command()
@click.argument("project")
@json_option
@data_dir_option
def remove(project: str, as_json: bool) -> None:  # noqa: FBT001
    """Take the rules of PROJECT away; `set` brings them back, `show --version` shows them."""
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project)
        made = rulebook.remove(session, chosen.id, author=actor(), now=SystemClock().now())
        fields = _fields(made)
    print_fields(fields, as_json=as_json)


def content_of(file: Path) -> str:
    try:
        return sys.stdin.buffer.read().decode() if str(file) == "-" else file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UndecodableError(f"{file} is not UTF-8.") from error


def say_problems(found: Reading, file: Path, *, fatal: bool = True) -> None:
    """On standard error, as compilers do it. Without `fatal` warnings only."""
    for problem in found.problems:
        if fatal or not problem.fatal:
            click.echo(f"{file}: {problem}", err=True)


def _fields(found: ProjectRules) -> dict[str, Any]:
    return {
        "version": found.version,
        "author": found.author,
        "created_at": rfc3339(found.created_at),
        "rules": _count(read(found.content)),
    }


def _count(found: Reading) -> int:
    return len(found.rules.grouping) + len(found.rules.classification)
