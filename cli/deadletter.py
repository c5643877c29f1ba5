"""`mendline deadletter`: what failed for good, and its replay."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from cli.console import actor, data_dir_option, database, json_option
from cli.failure import FAILED
from cli.output import print_fields, print_rows, shown
from core import deadletters
from core.clock import SystemClock
from core.deadletters import Edit, LetterFilter
from core.errors import MendlineError
from core.store import projects, work
from core.store.work import WorkOrder
from web.api.schemas.deadletters import LetterDetail, LetterShown

COLUMNS = ("id", "state", "reason", "task", "error_type", "attempts", "created_at", "message")
MOST = 10_000

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Close = Callable[[Session, int], dict[str, Any]]


class JsonValue(click.ParamType[Any]):
    """JSON of one kind, as an argument of the shell."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)
        if not isinstance(found, self.kind):
            self.fail(f"{value!r} is not a JSON {self.kind.__name__}", param, ctx)
        return found


def filters(reason: str = "--reason") -> Callable[[Decorated], Decorated]:
    """The options that choose dead letters, handed on as `wanted`."""
    options = (
        click.option("--task", multiple=True, help="Name of the task."),
        click.option(reason, "failed", multiple=True, help="Why it failed: exhausted, poison, …"),
        click.option("--fingerprint", multiple=True, help="Those that failed alike."),
        click.option("--project", help="Name or id."),
        click.option("--query", default="", help="Words of the task or the error."),
    )

    def decorate(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group()
def deadletter() -> None:
    """What failed for good, and its replay."""


@deadletter.command("list")
@click.option("--state", multiple=True, type=click.Choice(["open", "replayed", "discarded"]))
@filters()
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@json_option
@data_dir_option
def list_(state: Sequence[str], limit: int, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Dead letters, newest first."""
    with database() as opened, opened.transaction() as session:
        chosen = _filter(session, wanted, states=state)
        page = deadletters.page(session, chosen, limit=limit)
        rows = [shown(LetterShown, deadletters.masked(row[0])) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@deadletter.command()
@click.argument("letter_id", type=int)
@json_option
@data_dir_option
def show(letter_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One dead letter whole: arguments, history, trace; secrets in it are masked."""
    with database() as opened, opened.transaction() as session:
        letter = deadletters.masked(deadletters.get(session, letter_id))
    print_fields(shown(LetterDetail, letter), as_json=as_json)


@deadletter.command()
@click.argument("letter_ids", type=int, nargs=-1)
@filters()
@click.option("--args", "edit_args", type=JsonValue(list), help="Instead of the arguments held.")
@click.option("--kwargs", "edit_kwargs", type=JsonValue(dict), help="Likewise.")
@click.option("--queue", "edit_queue", help="Likewise.")
@click.option("--limit", type=click.IntRange(1, MOST), default=1000, show_default=True)
@json_option
@data_dir_option
def replay(letter_ids: Sequence[int], **wanted: Any) -> None:
    """Send dead letters again: those named, or the open ones that a filter chooses."""
    edit = Edit(**{name: wanted.pop(f"edit_{name}") for name in ("args", "kwargs", "queue")})

    def again(session: Session, letter_id: int) -> dict[str, Any]:
        now = SystemClock().now()
        work_id = deadletters.replay(session, letter_id, by=actor(), now=now, add=_add, edit=edit)
        return {"id": str(letter_id), "work_id": str(work_id)}

    _close(letter_ids, wanted, again)


@deadletter.command()
@click.argument("letter_ids", type=int, nargs=-1)
@filters("--failed")
@click.option("--reason", default="by_hand", show_default=True, help="Stands in the letter.")
@click.option("--limit", type=click.IntRange(1, MOST), default=1000, show_default=True)
@json_option
@data_dir_option
def discard(letter_ids: Sequence[int], reason: str, **wanted: Any) -> None:
    """Put dead letters away: those named, or the open ones that a filter chooses."""

    def away(session: Session, letter_id: int) -> dict[str, Any]:
        now = SystemClock().now()
        deadletters.discard(session, letter_id, by=actor(), now=now, reason=reason)
        return {"id": str(letter_id), "state": "discarded"}

    _close(letter_ids, wanted, away)


def _close(letter_ids: Sequence[int], wanted: dict[str, Any], close: Close) -> None:
    """Each in a transaction of its own: one that cannot be closed does not hold up the others."""
    as_json, limit = wanted.pop("as_json"), wanted.pop("limit")
    if not letter_ids and not any(wanted.values()):
        raise click.UsageError("Name ids, or a filter.")
    with database() as opened:
        if not letter_ids:
            with opened.transaction() as session:
                chosen = _filter(session, wanted, states=["open"])
                letter_ids = deadletters.chosen(session, chosen, limit=limit)
        rows = []
        for letter_id in letter_ids:
            try:
                with opened.transaction() as session:
                    rows.append(close(session, letter_id))
            except MendlineError as error:
                rows.append({"id": str(letter_id), "error": f"{error} [{error.code}]"})
    print_rows(rows, ("id", "state", "work_id", "error"), as_json=as_json)
    if any("error" in row for row in rows):
        click.get_current_context().exit(FAILED)


def _filter(session: Session, wanted: dict[str, Any], *, states: Sequence[str]) -> LetterFilter:
    named = wanted["project"]
    return LetterFilter(
        projects=[projects.find(session, named).id] if named else (),
        states=states,
        tasks=wanted["task"],
        reasons=wanted["failed"],
        fingerprints=wanted["fingerprint"],
        query=wanted["query"],
    )


def _add(session: Session, order: WorkOrder) -> int:
    """The row is enough: the dispatcher is told of it and sends the message."""
    return work.add(session, order, SystemClock().now()).work_id
