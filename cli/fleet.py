"""`mendline fleet`: the pools of workers, their size, and fresh processes for them."""

from datetime import timedelta

import click

from cli.amount import Amount
from cli.console import actor, data_dir_option, database, json_option
from cli.output import print_fields, print_rows, shown
from core.access.audit import Actor
from core.clock import SystemClock
from core.maintenance import steering
from core.store import fleet as rows
from core.store.fleet import Wish
from web.api.schemas.fleet import LONGEST_SECONDS, MOST_CHILDREN, DecisionShown, PoolShown

COLUMNS = ("pool", "state", "target", "wanted", "running", "busy", "backlog", "set_by", "reason")
DECISION_COLUMNS = ("at", "pool", "kind", "old", "new", "reason")


@click.group()
def fleet() -> None:
    """The pools of workers: how they are, and how large."""


@fleet.command()
@json_option
@data_dir_option
def status(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Every pool over all its hosts, with the reason for its size."""
    with database() as opened, opened.transaction() as session:
        now = SystemClock().now()
        pools = [PoolShown.of(each) for each in steering.known(session, now=now)]
    lines = [_line(pool) | pool.model_dump(mode="json") for pool in pools]
    print_rows(lines, COLUMNS, as_json=as_json)


def _line(pool: PoolShown) -> dict[str, object]:
    load = pool.load.model_dump(mode="json") if pool.load else {}
    details = [host.detail for host in pool.hosts]
    return load | {
        "state": ", ".join(sorted({host.state for host in pool.hosts})) or "gone",
        "target": sum(host.target for host in pool.hosts),
        "running": sum(int(each.get("children", 0)) for each in details),
        "set_by": pool.override.author if pool.override else None,
    }


@fleet.command()
@click.argument("pool")
@click.argument("children", type=click.IntRange(0, MOST_CHILDREN), required=False)
@click.option("--auto", "automatic", is_flag=True, help="As many as the load asks for, again.")
@click.option(
    "--for", "minutes", type=Amount(0.1, LONGEST_SECONDS / 60), help="Minutes that it holds."
)
@json_option
@data_dir_option
def scale(
    pool: str,
    children: int | None,
    automatic: bool,  # noqa: FBT001
    minutes: float | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Set how many children a pool has over all its hosts, whatever its load is."""
    if (children is None) is not automatic:
        raise click.UsageError("Name a number of children, or --auto.")
    now = SystemClock().now()
    until = now + timedelta(minutes=minutes) if minutes else None
    with database() as opened, opened.transaction() as session:
        if children is None:
            steering.automatic(session, pool, Actor(actor()), now=now)
        else:
            wish = Wish(pool, children, actor(), until)
            steering.scale(session, wish, Actor(actor()), now=now)
    print_fields({"pool": pool, "children": children, "until": until}, as_json=as_json)


@fleet.command()
@click.argument("pool")
@click.option("--host", help="On this host only.")
@json_option
@data_dir_option
def restart(pool: str, host: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Replace the processes of a pool; the old ones drain once the new ones take work."""
    now = SystemClock().now()
    with database() as opened, opened.transaction() as session:
        hosts = steering.restart(session, pool, Actor(actor()), now=now, host=host)
    print_fields({"pool": pool, "hosts": list(hosts)}, as_json=as_json)


@fleet.command()
@click.option("--pool", help="Of this pool only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@data_dir_option
def decisions(pool: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Why sizes changed, newest first."""
    with database() as opened, opened.transaction() as session:
        page = rows.page(session, pool=pool, limit=limit)
        found = [shown(DecisionShown, row[0]) for row in page.rows]
    print_rows(found, DECISION_COLUMNS, as_json=as_json)
