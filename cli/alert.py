"""`mendline alert`: what is wrong, who looks after it, and the rules that say so.

Further commands stand in modules of their own, which are imported when one of them is called.
"""

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from cli.console import data_dir_option, database, json_option, settings
from cli.failure import FAILED
from cli.letters import person
from cli.output import print_fields, print_json, print_rows, shown
from cli.rules import FILE, content_of
from config import alerting, wiring
from config.alerts import Reading, read_text, shipped_text
from core.alerts.desk import Desk
from core.alerts.state import LIVE, State
from core.analysis.result import Severity
from core.clock import SystemClock
from core.model import Alert
from core.store import alert_rules, projects, work
from core.store import alerts as rows
from core.store.alerts import Wanted
from core.store.work import WorkOrder
from web.api.schemas.alert_rules import AlertRuleShown
from web.api.schemas.alerts import AlertDetail, AlertShown

COLUMNS: Final = ("id", "state", "severity", "name", "series", "value", "started_at", "reason")
RULE_COLUMNS: Final = ("id", "name", "source", "enabled", "version", "author")
STATES: Final = click.Choice([state.value for state in State])
SEVERITIES: Final = click.Choice([severity.value for severity in Severity])
MOST: Final = 1_000
ELSEWHERE: Final[Mapping[str, str]] = {
    "why": "cli.alert_why",
    "backtest": "cli.alert_backtest",
    "rank": "cli.alert_rank",
    "channels": "cli.alert_channel",
    "test-channel": "cli.alert_channel",
    "deliveries": "cli.alert_channel",
}
Say = Callable[[Desk, Session], Alert]
why_option = click.option("--why", help="Kept with the change of state, and in the audit.")


class Alerts(click.Group):
    """A command in `ELSEWHERE` is the one of its name in that module, where there is one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        others = [name for name in ELSEWHERE if self.get_command(ctx, name) is not None]
        return sorted([*super().list_commands(ctx), *others])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = super().get_command(ctx, cmd_name)
        if known is not None or cmd_name not in ELSEWHERE:
            return known
        if importlib.util.find_spec(ELSEWHERE[cmd_name]) is None:
            return None
        module = importlib.import_module(ELSEWHERE[cmd_name])
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found


@click.group(cls=Alerts)
def alert() -> None:
    """What is wrong, who looks after it, and the rules that say so."""


@alert.command()
@click.argument("file", type=FILE)
@json_option
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """Tell all that is wrong in FILE (- is standard input); 1 if it cannot be used."""
    found = _with_routes(read_text(text := content_of(file)), text)
    if as_json:
        problems = [problem._asdict() for problem in found.problems]
        names = [each.rule.name for each in found.rules]
        print_json({"usable": found.usable, "rules": names, "problems": problems})
    else:
        _tell(found, file)
    if not found.usable:
        ctx.exit(FAILED)


def _with_routes(found: Reading, text: str) -> Reading:
    """The other parts of the file belong to it."""
    problems = {*found.problems, *alerting.problems(text, settings())}
    return replace(found, problems=tuple(sorted(problems)))


@alert.command()
@click.option("--shipped", is_flag=True, help="The file that is shipped, to begin with.")
@json_option
@data_dir_option
def rules(shipped: bool, as_json: bool) -> None:  # noqa: FBT001
    """The rules that there are, and who looks after each."""
    if shipped:
        click.echo(shipped_text(), nl=False)
        return
    with database() as opened, opened.transaction() as session:
        found = [
            AlertRuleShown.of(row).model_dump(mode="json") for row in alert_rules.every(session)
        ]
    print_rows(found, RULE_COLUMNS, as_json=as_json)
    _warn()


@alert.command("list")
@click.option("--state", multiple=True, type=STATES, help="Default: what lives.")
@click.option("--all", "every", is_flag=True, help="Also what is over.")
@click.option("--severity", multiple=True, type=SEVERITIES)
@click.option("--rule", multiple=True)
@click.option("--project", multiple=True, help="Name or id.")
@click.option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True)
@json_option
@data_dir_option
def list_(every: bool, limit: int, as_json: bool, **asked: Sequence[str]) -> None:  # noqa: FBT001 (click calls it by name)
    """Alerts, newest first."""
    with database() as opened, opened.transaction() as session:
        wanted = Wanted(
            projects=[projects.find(session, each).id for each in asked["project"]],
            states=asked["state"] or (() if every else sorted(LIVE)),
            severities=asked["severity"],
            rules=asked["rule"],
        )
        page = rows.page(session, wanted, limit=limit)
        found = [shown(AlertShown, row[0]) for row in page.rows]
    lines = found if as_json else [_line(each) for each in found]
    print_rows(lines, COLUMNS, as_json=as_json)
    _warn()


@alert.command()
@click.argument("alert_id", type=int)
@json_option
@data_dir_option
def show(alert_id: int, as_json: bool) -> None:  # noqa: FBT001
    """One alert with its changes of state, notes and episodes."""
    with database() as opened, opened.transaction() as session:
        found = AlertDetail.whole(session, rows.get(session, alert_id))
    print_fields(found.model_dump(mode="json"), as_json=as_json)


@alert.command()
@click.argument("alert_id", type=int)
@why_option
@json_option
@data_dir_option
def ack(alert_id: int, why: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Say that you look after it: escalation stops."""
    _say(lambda desk, session: desk.acknowledge(session, alert_id, why), as_json=as_json)


@alert.command()
@click.argument("alert_id", type=int)
@why_option
@json_option
@data_dir_option
def resolve(alert_id: int, why: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Send it away; it comes back once its condition was over and holds again."""
    _say(lambda desk, session: desk.resolve(session, alert_id, why), as_json=as_json)


@alert.command()
@click.argument("alert_id", type=int)
@click.argument("assignee", required=False)
@json_option
@data_dir_option
def assign(alert_id: int, assignee: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Give it to ASSIGNEE, or to nobody."""
    _say(lambda desk, session: desk.assign(session, alert_id, assignee), as_json=as_json)


@alert.command()
@click.argument("alert_id", type=int)
@click.argument("words")
@json_option
@data_dir_option
def note(alert_id: int, words: str, as_json: bool) -> None:  # noqa: FBT001
    """Write something about it."""
    _say(lambda desk, session: desk.note(session, alert_id, words), as_json=as_json)


def _say(say: Say, *, as_json: bool) -> None:
    with database() as opened:
        desk = Desk(person(), SystemClock().now(), _add)
        with opened.transaction() as session:
            found = AlertDetail.whole(session, say(desk, session))
    print_fields(found.model_dump(mode="json"), as_json=as_json)


def _add(session: Session, wanted: WorkOrder) -> int:
    """Work by rows, which the dispatcher of the running platform finds."""
    return work.add(session, wanted, SystemClock().now()).work_id


def _warn() -> None:
    """Beside the list, so that nobody waits for word on a channel that cannot be used."""
    _, problems = wiring.channels(settings())
    for problem in problems:
        click.echo(f"Nobody is told on this channel: {problem}", err=True)


def _tell(found: Reading, file: Path) -> None:
    for problem in found.problems:
        click.echo(f"{file}: {problem}", err=True)
    if found.usable:
        click.echo(f"{len(found.rules)} rules, and nothing against them.")
        for each in found.rules:
            click.echo(f"  {each.rule.name}: {each.rule.measure.name}")


def _line(found: Mapping[str, Any]) -> dict[str, Any]:
    labels = dict(found["labels"])
    name, severity = labels.pop("alertname", ""), labels.pop("severity", found["severity"])
    series = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {**found, "name": name, "severity": severity, "series": series}
