"""`mendline transaction`: the log of transactions, and those that are in doubt."""

from contextlib import ExitStack
from dataclasses import asdict

import click

from cli.console import data_dir_option, database, json_option, settings
from cli.output import print_fields, print_rows, shown
from config import wiring
from core.clock import SystemClock
from core.store.engine import Database
from core.store.transactions import journal, resolver
from core.store.transactions.journal import Kind, State, Wanted
from web.api.schemas.transactions import TransactionShown

COLUMNS = ("id", "name", "kind", "state", "attempts", "seconds", "began_at", "error_code")
SHOWN_ROWS = 500


@click.group()
def transaction() -> None:
    """The log of transactions, and those that are in doubt."""


@transaction.command("list")
@click.option("--name")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--limit", type=click.IntRange(1, SHOWN_ROWS), default=50, show_default=True)
@json_option
@data_dir_option
def list_(
    name: str | None,
    kind: str | None,
    state: str | None,
    limit: int,
    as_json: bool,  # noqa: FBT001 (click calls it by name)
) -> None:
    """Transactions that have a name, the newest first."""
    wanted = Wanted(name, Kind(kind) if kind else None, State(state) if state else None)
    with database() as opened, opened.transaction() as session:
        page = journal.page(session, wanted, limit=limit)
        rows = [shown(TransactionShown, row[0]) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@transaction.command()
@click.argument("transaction_id", type=int)
@json_option
@data_dir_option
def show(transaction_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One transaction."""
    with database() as opened, opened.transaction() as session:
        found = shown(TransactionShown, journal.get(session, transaction_id))
    print_fields(found, as_json=as_json)


@transaction.command()
@json_option
@data_dir_option
def resolve(as_json: bool) -> None:  # noqa: FBT001
    """End what is in doubt as the log says; the platform does so by itself every 15 seconds."""
    with database() as opened, ExitStack() as closing:

        def declared() -> dict[str, Database]:
            others = wiring.databases(settings(), application="mendline-cli")
            for other in others.values():
                closing.callback(other.dispose)
            return {wiring.OWN_DATABASE: opened, **others}

        resolved = resolver.resolve(opened, declared, SystemClock().now())
    print_fields(asdict(resolved), as_json=as_json)
