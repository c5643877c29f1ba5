"""`mendline recovery`: what the platform does about failures, and what people say to it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option
from cli.letters import MomentValue, person
from cli.mending import engine
from cli.output import print_fields, print_json, print_rows, say, shown
from cli.recovery_policy import policy
from core.clock import SystemClock
from core.model import Recovery
from core.recovery import report as reports
from core.recovery.hearing import Hearing
from core.recovery.states import State
from core.store import kpis, projects
from core.store import recovery as rows
from core.store.recovery import Wanted
from web.api.schemas.recoveries import RecoveryDetail, RecoveryShown

COLUMNS: Final = ("id", "state", "component", "category", "chain", "acted", "planned_at", "reason")
AWAITING: Final = "awaiting_approval"
MOST: Final = 1_000

Say = Callable[[Hearing, Session], Recovery]
why_option = click.option("--why", required=True, help="Kept with the decision, and in the audit.")


@click.group()
def recovery() -> None:
    """What the platform does about failures, and what people say to it."""


recovery.add_command(policy)


@recovery.command("list")
@click.option("--state", multiple=True, type=click.Choice([state.value for state in State]))
@click.option("--pending", is_flag=True, help="Only those that wait for a person.")
@click.option("--component", multiple=True)
@click.option("--category", multiple=True)
@click.option("--project", multiple=True, help="Name or id.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@json_option
@data_dir_option
def list_(pending: bool, limit: int, as_json: bool, **asked: Sequence[str]) -> None:  # noqa: FBT001 (click calls it by name)
    """Recoveries, newest first."""
    with database() as opened, opened.transaction() as session:
        wanted = Wanted(
            projects=[projects.find(session, each).id for each in asked["project"]],
            states=[AWAITING] if pending else asked["state"],
            components=asked["component"],
            categories=asked["category"],
        )
        page = rows.page(session, wanted, limit=limit)
        found = [shown(RecoveryShown, row[0]) for row in page.rows]
    print_rows(found, COLUMNS, as_json=as_json)


@recovery.command()
@click.argument("recovery_id", type=int)
@json_option
@data_dir_option
def show(recovery_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One recovery with its attempts, changes of state and verification."""
    with database() as opened, opened.transaction() as session:
        found = RecoveryDetail.whole(session, rows.get(session, recovery_id))
    print_fields(found.model_dump(mode="json"), as_json=as_json)


@recovery.command()
@click.argument("recovery_id", type=int)
@why_option
@json_option
@data_dir_option
def approve(recovery_id: int, why: str, as_json: bool) -> None:  # noqa: FBT001
    """Let what waits be done; where a guard is against it now, it goes on waiting."""
    _say(lambda hearing, session: hearing.approve(session, recovery_id, why), as_json=as_json)


@recovery.command()
@click.argument("recovery_id", type=int)
@why_option
@json_option
@data_dir_option
def reject(recovery_id: int, why: str, as_json: bool) -> None:  # noqa: FBT001
    """Refuse what waits, for good."""
    _say(lambda hearing, session: hearing.reject(session, recovery_id, why), as_json=as_json)


@recovery.command()
@click.argument("recovery_id", type=int)
@click.option("--strategy", help="Instead of the chain of the policy.")
@why_option
@json_option
@data_dir_option
def run(recovery_id: int, strategy: str | None, why: str, as_json: bool) -> None:  # noqa: FBT001
    """Try it again on your word, as a new recovery; what is switched off stays off."""
    _say(
        lambda hearing, session: hearing.run(session, recovery_id, why, strategy),
        as_json=as_json,
    )


@recovery.command()
@click.option("--since", type=MomentValue(), help="Default: a week before --until.")
@click.option("--until", type=MomentValue(), help="Default: now.")
@click.option("--project", help="Name or id. Default: all projects.")
@json_option
@data_dir_option
def report(
    since: datetime | None,
    until: datetime | None,
    project: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Key figures of a week against what is aimed at, in Markdown or JSON."""
    end = until or SystemClock().now()
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project).id if project else None
        start = since or end - reports.WEEK
        found = kpis.of(session, since=start, until=end, project_id=chosen)
        unhelped = reports.given_up(session, found, project_id=chosen)
    if as_json:
        print_json(reports.as_json(found, unhelped))
    else:
        say(reports.as_markdown(found, unhelped).rstrip("\n"))


def _say(say: Say, *, as_json: bool) -> None:
    with database() as opened:
        hearing = Hearing(engine(opened), person(), SystemClock().now())
        with opened.transaction() as session:
            found = RecoveryDetail.whole(session, say(hearing, session))
    print_fields(found.model_dump(mode="json"), as_json=as_json)
