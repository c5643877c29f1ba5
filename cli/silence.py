"""`mendline silence`: what is not to be told, until when and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from cli.console import data_dir_option, database, json_option
from cli.letters import person
from cli.output import print_fields, print_rows
from core.alerts import silencing
from core.alerts.matcher import Matcher
from core.alerts.pictures import pictured
from core.alerts.silence import Ends, Scope, Window
from core.alerts.silencing import NewSilence
from core.alerts.units import QuantityError, span
from core.clock import SystemClock
from core.store import alert_groups, projects, silences
from web.api.schemas.silences import SilenceShown

COLUMNS: Final = ("id", "phase", "scope", "subject", "matchers", "ends", "author", "reason")


class Span(click.ParamType[timedelta]):
    """90s, 30m, 2h, 3d."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        try:
            return span(value)
        except QuantityError as error:
            self.fail(f"{value!r}: {error}.", param, ctx)


@click.group()
def silence() -> None:
    """What is not to be told, until when and why."""


@silence.command()
@click.argument("matchers", nargs=-1, metavar="[MATCHER...]")
@click.option("--rule", help="Silence this rule.")
@click.option("--issue", help="Silence what is about this issue.")
@click.option("--group", help="Silence the group of this key.")
@click.option("--channel", help="Silence this channel.")
@click.option("--project", help="Name or id; all by default.")
@click.option("--reason", required=True, help="Why.")
@click.option("--start", type=click.DateTime(), help="When it begins (UTC). Default: now.")
@click.option("--for", "length", type=Span(), help="How long: 30m, 2h, 3d.")
@click.option("--until", type=click.DateTime(), help="When it ends (UTC).")
@click.option("--until-resolved", is_flag=True, help="Until all that it covers is resolved.")
@click.option("--events", "until_events", type=click.IntRange(min=1), help="So many more events.")
@click.option("--until-release", is_flag=True, help="Until the next release.")
@click.option("--cron", help="A maintenance: when its windows begin, in five fields.")
@click.option("--minutes", type=click.IntRange(min=1), help="How long a window is.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone of --cron.")
@click.option("--preview", is_flag=True, help="Only tell what it would keep quiet now.")
@json_option
@data_dir_option
def create(as_json: bool, preview: bool, project: str | None, **told: Any) -> None:  # noqa: FBT001
    """Silence a rule, an issue, a group, a channel, or what the MATCHERs say.

    A MATCHER is label=value, label!=value, label=~expression or label!~expression.
    """
    now = SystemClock().now()
    wanted = _asked(told, now)
    with database() as opened, opened.transaction() as session:
        chosen = projects.find(session, project).id if project else None
        new = replace(wanted, project_id=chosen)
        if preview:
            fields = _preview(silencing.covering(session, new, now))
        else:
            row = silencing.create(session, new, actor=person(), now=now)
            firing = [pictured(alert) for alert in alert_groups.active(session)]
            fields = SilenceShown.of(row, firing=firing, now=now).model_dump(mode="json")
    print_fields(fields, as_json=as_json)


@silence.command()
@click.argument("silence_ids", nargs=-1, required=True, type=int, metavar="ID...")
@click.option("--reason", default="", help="Why.")
@json_option
@data_dir_option
def expire(silence_ids: tuple[int, ...], reason: str, as_json: bool) -> None:  # noqa: FBT001
    """End silences; what they kept quiet is told."""
    now, found = SystemClock().now(), []
    with database() as opened, opened.transaction() as session:
        for silence_id in silence_ids:
            row = silences.get(session, silence_id)
            row = silencing.expire(session, row, actor=person(), now=now, why=reason)
            found.append(SilenceShown.of(row, firing=(), now=now).model_dump(mode="json"))
    print_rows(found, ("id", "phase", "expired_at", "expired_why"), as_json=as_json)


@silence.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended, too.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@data_dir_option
def list_(every: bool, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Silences, newest first, with what their authors may want to know."""
    now = SystemClock().now()
    with database() as opened, opened.transaction() as session:
        page = silences.page(session, ended=None if every else False, limit=limit)
        firing = [pictured(alert) for alert in alert_groups.active(session)]
        found = [
            SilenceShown.of(row[0], firing=firing, now=now).model_dump(mode="json")
            for row in page.rows
        ]
    print_rows(found, (*COLUMNS, "covered", "warnings"), as_json=as_json)


def _asked(told: dict[str, Any], now: datetime) -> NewSilence:
    chosen = [(scope, told.pop(scope)) for scope in ("rule", "issue", "group", "channel")]
    named = [(scope, subject) for scope, subject in chosen if subject is not None]
    if len(named) > 1:
        raise click.UsageError("Choose one of --rule, --issue, --group and --channel.")
    if not named and not told["matchers"]:
        raise click.UsageError("Say what to silence: --rule, --issue, … or a MATCHER.")
    scope, subject = named[0] if named else (Scope.LABELS.value, "")
    start, until, length = told.pop("start"), told.pop("until"), told.pop("length")
    begins = _utc(start) if start else now
    told_ends = [each for each in (length and begins + length, until and _utc(until)) if each]
    cron, minutes, zone = told.pop("cron"), told.pop("minutes"), told.pop("zone")
    if (cron is None) != (minutes is None):
        raise click.UsageError("--cron and --minutes belong together.")
    return NewSilence(
        scope=Scope(scope),
        subject=subject,
        matchers=tuple(map(Matcher.parse, told["matchers"])),
        reason=told["reason"],
        starts_at=begins,
        ends=Ends(
            at=min(told_ends, default=None),
            resolved=told["until_resolved"],
            events=told["until_events"],
            release=told["until_release"],
        ),
        window=Window(cron, minutes, zone) if cron else None,
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _preview(found: list[Any]) -> dict[str, Any]:
    return {"alerts": len(found), "alert_ids": [str(each.id) for each in found[:100]]}
