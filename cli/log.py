"""`mendline log`: what the processes of the platform log, wherever they run."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeVar

import click

from cli.console import data_dir_option, database, json_option
from cli.output import encoded, print_rows, printable
from core.maintenance.logs import search
from core.maintenance.logs.line import LEVELS
from core.maintenance.logs.search import Wanted
from core.model import LogLine
from core.store.engine import Database
from web.api.schemas.logs import LogLineShown

COLUMNS: Final = ("at", "level", "process", "event", "task", "request_id", "fields")
MOST: Final = 1_000
EVERY_SECONDS: Final = 0.5

Command = TypeVar("Command", bound=Callable[..., Any])


def filters(command: Command) -> Command:
    """The options by which lines are looked for, the same for both commands."""
    options = (
        click.option("--level", type=click.Choice([*LEVELS]), help="This level and graver ones."),
        click.option("--event", "events", multiple=True, help="Name of the event."),
        click.option("--process", "processes", multiple=True),
        click.option("--host", "hosts", multiple=True),
        click.option("--task", "tasks", multiple=True, help="Name of the task."),
        click.option("--task-id", "task_ids", multiple=True),
        click.option("--request-id", "request_ids", multiple=True),
        click.option("--query", "text", help="A text anywhere in the event or its fields."),
        click.option("--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="With zone."),
        click.option("--until", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="With zone."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def log() -> None:
    """What the processes of the platform log."""


@log.command("list")
@filters
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@json_option
@data_dir_option
def list_(limit: int, as_json: bool, **given: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Log lines, the newest first."""
    with database() as opened, opened.transaction() as session:
        page = search.page(session, _wanted(given), limit=limit)
        rows = [_fields(row[0]) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@log.command()
@filters
@click.option("--lines", type=click.IntRange(0, MOST), default=20, show_default=True)
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@json_option
@data_dir_option
def tail(lines: int, follow: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """The last log lines, the oldest first; as JSON one object a line."""
    wanted = _wanted(given)
    with database() as opened:
        place, last = _last(opened, wanted, lines)
        for each in chain(last, _coming(opened, wanted, place) if follow else ()):
            _print(each, as_json=as_json)


def _wanted(given: Mapping[str, Any]) -> Wanted:
    level = given["level"]
    return Wanted(**{**given, "level": LEVELS[level] if level else None})


def _last(opened: Database, wanted: Wanted, lines: int) -> tuple[int, Sequence[dict[str, Any]]]:
    """Where to go on, and the lines up to there."""
    with opened.transaction() as session:
        place = search.newest(session)
        rows = search.page(session, wanted, limit=lines).rows if lines else ()
        found = [_fields(row[0]) for row in reversed(rows)]
    return max(place, *(int(each["id"]) for each in found), 0), found


def _coming(opened: Database, wanted: Wanted, place: int) -> Iterator[dict[str, Any]]:
    """What is written after `place`."""
    while True:
        with opened.transaction() as session:
            found = [_fields(line) for line in search.after(session, wanted, place)]
        yield from found
        if found:
            place = int(found[-1]["id"])
        else:
            time.sleep(EVERY_SECONDS)


def _fields(line: LogLine) -> dict[str, Any]:
    return LogLineShown.of(line).model_dump(mode="json")


def _print(line: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(encoded(line))
        return
    rest = " ".join(f"{name}={_short(value)}" for name, value in line["fields"].items())
    about = " ".join(str(line[name]) for name in ("task", "request_id") if line[name])
    words = (line["at"], f"{line['level']:<8}", line["process"], line["event"], about, rest)
    click.echo(printable(" ".join(word for word in words if word)).replace("\n", "\\n"))


def _short(value: Any) -> str:
    return value if isinstance(value, str) else encoded(value).decode()
