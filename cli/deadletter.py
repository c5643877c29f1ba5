"""`mendline deadletter`: what failed for good, and its replay."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option
from cli.failure import FAILED
from cli.letters import JsonValue, chosen, filters, means, person
from cli.output import print_fields, print_rows, shown
from cli.replays import begin, pace_options, replays
from core import deadletters
from core.clock import SystemClock
from core.deadletters import Edit, groups
from core.errors import MendlineError
from web.api.schemas.deadletters import GroupShown, LetterDetail, LetterShown

COLUMNS: Final = (
    "id",
    "state",
    "reason",
    "task",
    "error_type",
    "attempts",
    "created_at",
    "message",
)
GROUP_COLUMNS: Final = (
    "group",
    "open",
    "letters",
    "task",
    "error_type",
    "first_seen",
    "last_seen",
    "template",
)
MOST: Final = 10_000

Close = Callable[[Session, int], dict[str, Any]]


@click.group()
def deadletter() -> None:
    """What failed for good, and its replay."""


deadletter.add_command(replays)
state_option = click.option(
    "--state", multiple=True, type=click.Choice(["open", "replayed", "discarded"])
)
limit_option = click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)


@deadletter.command("list")
@state_option
@filters
@limit_option
@json_option
@data_dir_option
def list_(state: Sequence[str], limit: int, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001 (click calls it by name)
    """Dead letters, newest first."""
    with database() as opened, opened.transaction() as session:
        page = deadletters.page(session, chosen(session, wanted, states=state), limit=limit)
        rows = [shown(LetterShown, deadletters.masked(row[0])) for row in page.rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@deadletter.command("groups")
@state_option
@filters
@limit_option
@json_option
@data_dir_option
def groups_(state: Sequence[str], limit: int, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001
    """Letters that failed alike, with counts; the group of the newest letter first."""
    with database() as opened, opened.transaction() as session:
        where = chosen(session, wanted, states=state).conditions()
        page = groups.page(session, where, limit=limit)
        rows = [shown(GroupShown, groups.shown(row)) for row in page.rows]
    print_rows(rows, GROUP_COLUMNS, as_json=as_json)


@deadletter.command()
@click.argument("letter_id", type=int)
@json_option
@data_dir_option
def show(letter_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One dead letter whole: arguments, history, trace; secrets in it are masked."""
    with database() as opened, opened.transaction() as session:
        letter = deadletters.whole(session, deadletters.get(session, letter_id))
    print_fields(shown(LetterDetail, letter), as_json=as_json)


@deadletter.command()
@click.argument("letter_id", type=int)
@click.option("--args", type=JsonValue(list), help="Instead of the arguments held.")
@click.option("--kwargs", type=JsonValue(dict), help="Likewise.")
@click.option("--queue", help="Likewise.")
@json_option
@data_dir_option
def edit(letter_id: int, as_json: bool, **changes: Any) -> None:  # noqa: FBT001
    """Change what a replay will send; the letter itself stays, with every version beside it."""
    with database() as opened, opened.transaction() as session:
        now = SystemClock().now()
        deadletters.edit(session, letter_id, Edit(**changes), actor=person(), now=now)
        letter = deadletters.whole(session, deadletters.get(session, letter_id))
    print_fields(shown(LetterDetail, letter), as_json=as_json)


@deadletter.command()
@click.argument("letter_ids", type=int, nargs=-1)
@filters
@pace_options
@json_option
@data_dir_option
def replay(letter_ids: Sequence[int], as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Send dead letters again.

    Those named go at once; the open ones that a filter chooses go in a run of small batches, which
    ends by itself when they fail again, and can be stopped: `deadletter replays`.
    """
    if not letter_ids:
        begin(options, as_json=as_json)
        return
    _only_ids(options)
    with database() as opened:
        sending = means()

        def again(session: Session, letter_id: int) -> dict[str, Any]:
            now = SystemClock().now()
            work_id = deadletters.replay(session, letter_id, means=sending, actor=person(), now=now)
            return {"id": str(letter_id), "work_id": str(work_id)}

        rows = [_closed(opened, letter_id, again) for letter_id in letter_ids]
    _print(rows, as_json=as_json)


@deadletter.command()
@click.argument("letter_ids", type=int, nargs=-1)
@filters
@click.option("--close-reason", default="by_hand", show_default=True, help="Stands in the letter.")
@click.option("--limit", type=click.IntRange(1, MOST), default=1000, show_default=True)
@json_option
@data_dir_option
def discard(
    letter_ids: Sequence[int],
    close_reason: str,
    limit: int,
    as_json: bool,  # noqa: FBT001
    **wanted: Any,
) -> None:
    """Put dead letters away: those named, or the open ones that a filter chooses."""

    def away(session: Session, letter_id: int) -> dict[str, Any]:
        now, who = SystemClock().now(), person()
        deadletters.discard(session, letter_id, actor=who, now=now, close_reason=close_reason)
        return {"id": str(letter_id), "state": "discarded"}

    if letter_ids:
        _only_ids(wanted)
    with database() as opened:
        if not letter_ids:
            with opened.transaction() as session:
                found = chosen(session, wanted, states=["open"])
                if not found.narrows:
                    raise click.UsageError("Name ids, or a filter.")
                letter_ids = deadletters.chosen(session, found, limit=limit)
        rows = [_closed(opened, letter_id, away) for letter_id in letter_ids]
    _print(rows, as_json=as_json)


def _only_ids(options: Mapping[str, Any]) -> None:
    if any(options.values()):
        raise click.UsageError("Name ids, or a filter with its options, not both.")


def _closed(opened: Any, letter_id: int, close: Close) -> dict[str, Any]:
    """In a transaction of its own: one that cannot be closed does not hold up the others."""
    try:
        with opened.transaction() as session:
            return close(session, letter_id)
    except MendlineError as error:
        return {"id": str(letter_id), "error": f"{error} [{error.code}]"}


def _print(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    print_rows(rows, ("id", "state", "work_id", "error"), as_json=as_json)
    if any("error" in row for row in rows):
        click.get_current_context().exit(FAILED)
