"""`mendline breaker`: circuit breakers, how they stand, and what operators force on them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click

from cli.amount import Amount
from cli.console import actor, data_dir_option, database, json_option, settings
from cli.output import print_fields, print_rows, shown
from config import breakers as loading
from config import resilience, wiring
from core.access.audit import Actor
from core.clock import SystemClock
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.resilience.breaker import SettingsBook, State
from core.store import breakers as rows
from core.store.engine import Database
from web.api.routes.breakers import SHOWN
from web.api.schemas.breakers import LONGEST_SECONDS, BreakerShown, TransitionShown

COLUMNS = ("name", "state", "forced", "since", "retry_at", "openings", "component", "reason")
HISTORY_COLUMNS = ("at", "old", "new", "reason", "author")

reason_option = click.option("--reason", default="", help="Why; stands in the history.")
minutes_option = click.option(
    "--for", "minutes", type=Amount(0.01, LONGEST_SECONDS / 60), help="Minutes that it holds."
)


def book() -> SettingsBook:
    return loading.book(settings().breakers_file)


@click.group()
def breaker() -> None:
    """Circuit breakers: how they stand, and what is forced on them."""


@breaker.command("list")
@click.option("--state", type=click.Choice(list(SHOWN)), help="In this state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True)
@json_option
@data_dir_option
def list_(state: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """All breakers, newest first."""
    with database() as opened, opened.transaction() as session:
        page = rows.page(session, states=SHOWN[state] if state else (), limit=limit)
        found = [BreakerShown.of(row[0], book()).model_dump(mode="json") for row in page.rows]
    print_rows(found, COLUMNS, as_json=as_json)


@breaker.command()
@click.argument("name")
@json_option
@data_dir_option
def show(name: str, as_json: bool) -> None:  # noqa: FBT001
    """One breaker with the settings in effect."""
    with database() as opened, opened.transaction() as session:
        found = BreakerShown.of(breaking.get(session, name), book())
    print_fields(found.model_dump(mode="json"), as_json=as_json)


@breaker.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@data_dir_option
def history(name: str, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """How it came to stand as it does, newest first."""
    with database() as opened, opened.transaction() as session:
        breaking.get(session, name)
        page = rows.history(session, name, limit=limit)
        found = [shown(TransitionShown, row[0]) for row in page.rows]
    print_rows(found, HISTORY_COLUMNS, as_json=as_json)


@breaker.command("open")
@click.argument("name")
@reason_option
@minutes_option
@json_option
@data_dir_option
def open_(name: str, reason: str, minutes: float | None, as_json: bool) -> None:  # noqa: FBT001
    """Let no call through, whatever is counted, until a reset."""
    _force(name, State.FORCED_OPEN, reason, minutes, as_json=as_json)


@breaker.command()
@click.argument("name")
@reason_option
@minutes_option
@json_option
@data_dir_option
def close(name: str, reason: str, minutes: float | None, as_json: bool) -> None:  # noqa: FBT001
    """Let every call through, whatever is counted, until a reset."""
    _force(name, State.FORCED_CLOSED, reason, minutes, as_json=as_json)


@breaker.command()
@click.argument("name")
@reason_option
@json_option
@data_dir_option
def reset(name: str, reason: str, as_json: bool) -> None:  # noqa: FBT001
    """Closed, with an empty window; it counts again."""
    _force(name, State.CLOSED, reason, None, as_json=as_json)


@breaker.command("set")
@click.argument("name")
@click.argument("values", nargs=-1, required=True, metavar="SETTING=VALUE...")
@json_option
@data_dir_option
def set_(name: str, values: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """Settings of this breaker alone; `threshold=` takes one back."""
    wanted = dict(_pair(value) for value in values)
    central = book()
    with database() as opened, _refreshed(opened, name), opened.transaction() as session:
        row = breaking.adjust(
            session,
            name,
            wanted,
            Actor(actor()),
            desk=Desk(central, resilience.LEDGER),
            now=SystemClock().now(),
        )
        found = BreakerShown.of(row, central)
    print_fields(found.model_dump(mode="json"), as_json=as_json)


def _pair(text: str) -> tuple[str, Any]:
    """Numbers as such; all else is a word."""
    name, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} is not of the form SETTING=VALUE.")
    for read in (int, float):
        try:
            return name, read(value)
        except ValueError:
            continue
    return name, value or None


def _force(name: str, state: State, reason: str, minutes: float | None, *, as_json: bool) -> None:
    now, central = SystemClock().now(), book()
    until = now + timedelta(minutes=minutes) if minutes else None
    with database() as opened, _refreshed(opened, name) as kept:
        known = kept.breakers.look([name]).get(name)
        with opened.transaction() as session:
            desk = Desk(central, resilience.LEDGER)
            wish = Wish(name, state, reason, until)
            breaking.force(session, wish, Actor(actor()), desk=desk, now=now, known=known)
        kept.breakers.refresh(name)
        kept.breakers.in_effect(name, time.sleep)
        with opened.transaction() as session:
            found = BreakerShown.of(breaking.get(session, name), central)
    print_fields(found.model_dump(mode="json"), as_json=as_json)


@contextmanager
def _refreshed(opened: Database, name: str) -> Iterator[resilience.Kept]:
    """What was written is in the shared state afterwards; without Redis it gets there later."""
    with wiring.redis_client(settings()) as redis:
        kept = resilience.breakers(settings(), opened, redis, SystemClock())
        try:
            yield kept
            kept.breakers.refresh(name)
        finally:
            kept.tender.close()
