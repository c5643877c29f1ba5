"""`mendline alert backtest`: what rules would have done on the days that are stored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option, settings
from cli.output import print_json, print_rows
from cli.rules import content_of
from config.alerting import plan
from config.alerts import read_text
from core.alerts.backtest import Asked, play
from core.alerts.backtest.play import BacktestError
from core.alerts.backtest.pretending import Pretended, always, matchers, silences
from core.alerts.book import of_row
from core.alerts.reading import RuleError
from core.alerts.rule import Rule
from core.alerts.silencing import read as silence_of
from core.alerts.units import QuantityError, span
from core.clock import SystemClock
from core.store import alert_rules
from core.store import silences as silence_rows
from core.store.alert_rules import RuleNotFoundError
from web.api.schemas.backtests import BacktestShown

COLUMNS: Final = ("fired_at", "over_at", "rule", "series", "severity", "verdict", "why")
SHOWN: Final = 20


class Time(click.ParamType[timedelta]):
    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return span(value)
        except QuantityError as error:
            self.fail(f"{error}; write it as 30s, 5m, 7d.", param, ctx)


class Day(click.ParamType[datetime]):
    name = "moment"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date as RFC 3339 has it.", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command()
@click.argument("rules", metavar="FILE|RULE")
@click.option("--last", type=Time(), default="7d", show_default=True, help="The time to play.")
@click.option("--until", type=Day(), help="Where it ends. Default: now.")
@click.option("--step", type=Time(), default="1m", show_default=True, help="Between two looks.")
@click.option(
    "--silence",
    multiple=True,
    metavar="MATCHERS",
    help='As if it had held: component=shop,severity="low". Again for another one.',
)
@click.option("--present-silences", is_flag=True, help="As if those of today had held.")
@json_option
@data_dir_option
def backtest(rules: str, last: timedelta, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """Play the rules of FILE (- is standard input), or the RULE of this name.

    Nothing is written and nobody is told.
    """
    until = given["until"] or SystemClock().now()
    since, routes = until - last, plan(settings())
    with database() as opened, opened.transaction() as session:
        wanted = silences(
            [Pretended(matchers=matchers(each)) for each in given["silence"]], since=since
        )
        if given["present_silences"]:
            known = [silence_of(row) for row in silence_rows.live(session)]
            wanted += always(known, since=since, begun=len(wanted))
        asked = Asked(
            rules=_rules(session, rules),
            since=since,
            until=until,
            plan=routes,
            silences=wanted,
            step=given["step"],
        )
        found = BacktestShown.of(play(session, asked), silences=len(wanted))
    _say(found, as_json=as_json)


def _rules(session: Session, given: str) -> list[Rule]:
    """Of the file, if there is one of this name."""
    if given == "-" or Path(given).is_file():
        found = read_text(content_of(Path(given)))
        if not found.usable:
            raise RuleError(found.problems)
        return [each.rule for each in found.rules]
    row = alert_rules.named(session, given)
    if row is None:
        raise RuleNotFoundError(f"There is neither a file nor a rule {given!r}.", name=given)
    stored = of_row(row)
    if stored is None:
        raise BacktestError(f"This version of Mendline cannot read the rule {given!r}.")
    return [stored]


def _say(found: BacktestShown, *, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    click.echo(found.summary)
    for name, counts in found.rules.items():
        told = ", ".join(f"{count} {word}" for word, count in counts.items())
        click.echo(f"  {name}: {told or 'did not fire'}")
    sent = ", ".join(f"{count} to {channel}" for channel, count in found.notifications.items())
    click.echo(f"Notifications: {sent or 'none'}. Incidents: {found.incidents}.")
    for each in found.skipped:
        click.echo(f"Not played, for only its present is known: {each}", err=True)
    for each in found.failed:
        click.echo(f"Not played, for it failed: {each}", err=True)
    if found.known_since is not None and found.known_since > found.since:
        click.echo(f"Minutes are stored since {found.known_since:%Y-%m-%d %H:%M} UTC.", err=True)
    rows = [each.model_dump(mode="json") for each in found.episodes[:SHOWN]]
    if rows:
        print_rows([{**row, "series": _series(row["labels"])} for row in rows], COLUMNS)
    if found.fired > SHOWN:
        click.echo(f"And {found.fired - SHOWN} more; --json shows them.", err=True)


def _series(labels: dict[str, str]) -> str:
    hidden = {"alertname", "severity"}
    return ", ".join(f"{name}={value}" for name, value in labels.items() if name not in hidden)
