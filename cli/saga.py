"""`mendline saga`: work in steps that is undone where it cannot be done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.console import actor, data_dir_option, database, json_option
from cli.letters import JsonValue
from cli.output import print_fields, print_rows, shown
from core.access.audit import Act, Actor, record
from core.clock import SystemClock
from core.model import Saga
from core.sagas import Sagas, rows
from core.sagas.course import State
from core.store import work
from core.store.work import WorkOrder
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from tasks.sagas import registry
from web.api.routes.sagas import detail
from web.api.schemas.sagas import SagaShown

COLUMNS = ("id", "name", "state", "position", "began_at", "ended_at", "error")
SHOWN_ROWS = 500


class Waiting(Ledger):
    """Leaves the sending to the dispatcher of the running platform."""

    def add(self, session: Session, order: WorkOrder) -> int:
        return work.add(session, order, SystemClock().now()).work_id


@click.group()
def saga() -> None:
    """Work in steps that is undone where it cannot be done."""


@saga.command("list")
@click.option("--name")
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--limit", type=click.IntRange(1, SHOWN_ROWS), default=50, show_default=True)
@json_option
@data_dir_option
def list_(name: str | None, state: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Sagas, the newest first."""
    wanted = {key: value for key, value in (("name", name), ("state", state)) if value}
    with database() as opened, opened.transaction() as session:
        page = rows.page(session, wanted, limit=limit)
        listed = [shown(SagaShown, row[0]) for row in page.rows]
    print_rows(listed, COLUMNS, as_json=as_json)


@saga.command()
@click.argument("saga_id", type=int)
@json_option
@data_dir_option
def show(saga_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One saga with the steps that were done and undone."""
    with database() as opened, opened.transaction() as session:
        found = detail(session, saga_id).model_dump(mode="json")
    print_fields(found, as_json=as_json)


@saga.command()
@click.argument("name")
@click.option("--arguments", type=JsonValue(dict), default="{}", help="JSON object.")
@click.option("--key", help="With the same key it is begun once only.")
@json_option
@data_dir_option
def start(name: str, arguments: Mapping[str, Any], key: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Begin a saga that is known to this installation."""
    with _sagas() as (sagas, session):
        saga_id = sagas.ask_for(session, name, arguments, unique_key=key)
        changed = _audited(session, "saga.start", rows.get(session, saga_id))
    print_fields(changed, as_json=as_json)


@saga.command()
@click.argument("saga_id", type=int)
@json_option
@data_dir_option
def cancel(saga_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Undo what a saga did; a step that is being done is finished first."""
    with _sagas() as (sagas, session):
        changed = _audited(session, "saga.cancel", sagas.cancel(session, saga_id))
    print_fields(changed, as_json=as_json)


@saga.command()
@click.argument("saga_id", type=int)
@json_option
@data_dir_option
def resume(saga_id: int, as_json: bool) -> None:  # noqa: FBT001
    """Try again to undo what a stuck saga did."""
    with _sagas() as (sagas, session):
        changed = _audited(session, "saga.resume", sagas.resume(session, saga_id))
    print_fields(changed, as_json=as_json)


@contextmanager
def _sagas() -> Iterator[tuple[Sagas, Session]]:
    clock = SystemClock()
    with database() as opened, opened.transaction() as session:
        yield Sagas(opened, Waiting(opened, MemorySender(), clock), registry, clock), session


def _audited(session: Session, name: str, row: Saga) -> dict[str, Any]:
    act = Act(name=name, subject="saga", subject_id=row.id)
    record(session, Actor(actor()), act, now=SystemClock().now())
    return shown(SagaShown, row)
