"""The options that choose dead letters, the same for every command and in the words of the API."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from cli.console import actor, settings
from core.access.audit import Actor
from core.clock import SystemClock
from core.deadletters import LetterFilter, Means
from core.store import projects, work
from core.store.work import WorkOrder
from core.work import cancellation
from tasks.queues import Queue

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class JsonValue(click.ParamType[Any]):
    """JSON of one kind, as an argument of the shell."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            found = json.loads(value, parse_constant=_no_json)
        except RecursionError:
            self.fail("The JSON is nested too deep.", param, ctx)
        except ValueError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)
        if not isinstance(found, self.kind):
            self.fail(f"{value!r} is not a JSON {self.kind.__name__}", param, ctx)
        return found


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


class MomentValue(click.ParamType[Any]):
    """A moment in RFC 3339; without a zone it is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            found = datetime.fromisoformat(value)
        except ValueError as error:
            self.fail(f"{value!r} is not a moment: {error}", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def filters(command: Decorated) -> Decorated:
    """Handed on as `wanted`, which `chosen` reads."""
    options = (
        click.option("--task", multiple=True, help="Name of the task."),
        click.option("--reason", multiple=True, help="Why it failed: exhausted, poison, …"),
        click.option("--queue", multiple=True, help="Where the message came from."),
        click.option("--project", multiple=True, help="Name or id."),
        click.option("--group", multiple=True, help="Those that failed alike."),
        click.option("--since", type=MomentValue(), help="Captured then or later."),
        click.option("--until", type=MomentValue(), help="Captured before."),
        click.option("--query", default="", help="Words of the task or the error."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen(
    session: Session, wanted: Mapping[str, Any], *, states: Sequence[str] = ()
) -> LetterFilter:
    return LetterFilter(
        projects=[projects.find(session, each).id for each in wanted["project"]],
        states=states,
        tasks=wanted["task"],
        reasons=wanted["reason"],
        queues=wanted["queue"],
        groups=wanted["group"],
        since=wanted["since"],
        until=wanted["until"],
        query=wanted["query"],
    )


def person() -> Actor:
    return Actor(actor())


def means() -> Means:
    """Rows are enough: the dispatcher is told of them and sends the messages."""
    clock = SystemClock()

    def add(session: Session, order: WorkOrder) -> int:
        return work.add(session, order, clock.now()).work_id

    def cancel(session: Session, work_id: int) -> bool:
        return cancellation.cancel(session, work_id, reason="recalled", now=clock.now())

    return Means(add, cancel, settings().brokers, frozenset(Queue))
