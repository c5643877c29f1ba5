"""`mendline alert channels|test-channel|deliveries`: what alerts are told on, and how that went."""

import dataclasses
import secrets
from typing import Any, Final

import click

from cli.console import data_dir_option, database, json_option, settings
from cli.failure import FAILED, UNREACHABLE
from cli.output import print_fields, print_rows
from config import wiring
from core.alerts.channel import Notice, NoticeKind, TransportError
from core.alerts.declared import Book, Declaration
from core.alerts.sample import sample
from core.alerts.template import worded
from core.clock import SystemClock
from core.errors import MendlineError
from core.store import notifications
from core.store.notifications import Asked
from web.api.schemas.deliveries import ChannelShown, DeliveryShown

CHANNELS: Final = ("name", "kind", "severities", "keeps_open", "problem")
DELIVERIES: Final = ("id", "channel", "kind", "state", "attempts", "last_error", "created_at")
STATES: Final = ("waiting", "delivered", "superseded", "dead")


@click.command()
@json_option
@data_dir_option
def channels(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """The channels that are declared, and what is wrong with them."""
    book, problems = wiring.channels(settings())
    shown = [each.model_dump(mode="json") for each in ChannelShown.all_of(book)]
    print_rows(shown, CHANNELS, as_json=as_json)
    if problems and not as_json:
        click.echo("\n".join(problems), err=True)
    if problems:
        raise SystemExit(1)


@click.command("test-channel")
@click.argument("name")
@click.option("--preview", is_flag=True, help="Show what would be told, and tell nobody.")
@json_option
@data_dir_option
def test_channel(name: str, preview: bool, as_json: bool) -> None:  # noqa: FBT001
    """Send a notification of no meaning on the channel NAME, and show what it answered.

    PagerDuty is told at once that it is over again.
    """
    found = settings()
    book, _ = wiring.channels(found)
    declared = book.find(name)
    at, key = SystemClock().now(), secrets.token_hex(6)
    notice = worded(sample(at=at, key=key, url=wiring.public_url(found)), declared.wording)
    if preview:
        print_fields({"title": notice.title, "text": notice.summary}, as_json=as_json)
        return
    kinds = [NoticeKind.TEST, *([NoticeKind.RESOLVE] if name in book.stateful else [])]
    tries = [Try(book, declared, dataclasses.replace(notice, kind=kind)) for kind in kinds]
    for each in tries:
        each.send()
        print_fields(each.fields, as_json=as_json)
        if each.failed is not None:
            raise SystemExit(UNREACHABLE if not each.failed.permanent else FAILED)


class Try:
    """One message to a channel, and what became of it."""

    def __init__(self, book: Book, declared: Declaration, notice: Notice) -> None:
        self.failed: MendlineError | None = None
        self._book, self._declared, self._notice = book, declared, notice
        self.fields: dict[str, Any] = {
            "channel": declared.channel.name,
            "told": notice.kind.value,
            "webhook_id": notice.webhook_id,
        }

    def send(self) -> None:
        try:
            receipt = self._declared.channel.send(self._notice, timeout=self._declared.timeout)
        except TransportError as error:
            self.failed = error
            told = {"sent": False, "error": str(error), "status": error.status}
            self.fields |= told | {"answer": self._book.masked(error.excerpt)}
            return
        self.fields |= {
            "sent": True,
            "status": receipt.status,
            "seconds": round(receipt.seconds, 3),
        }
        self.fields |= {"answer": self._book.masked(receipt.excerpt)}


@click.command()
@click.option("--channel", help="Of this channel only.")
@click.option("--state", type=click.Choice(STATES), help="Default: all.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@json_option
@data_dir_option
def deliveries(as_json: bool, limit: int, **asked: Any) -> None:  # noqa: FBT001
    """What was told of alerts and every attempt of it, newest first."""
    with database() as opened, opened.transaction() as session:
        rows = [row[0] for row in notifications.page(session, Asked(**asked), limit=limit).rows]
        made = notifications.attempts(session, [row.id for row in rows])
        shown = [DeliveryShown.of(row, made).model_dump(mode="json") for row in rows]
    if not as_json:
        shown = [_line(each) for each in shown]
    print_rows(shown, DELIVERIES, as_json=as_json)


def _line(delivery: dict[str, Any]) -> dict[str, Any]:
    attempts = delivery["attempts"]
    last = attempts[-1]["error"] if attempts else None
    return {**delivery, "attempts": len(attempts), "last_error": last}
