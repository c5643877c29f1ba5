"""`mendline demo`: a program that fails in many ways, and what becomes of its errors."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import click
import httpx2
from celery import Celery
from kombu.exceptions import KombuError

from cli.console import data_dir_option, json_option, settings
from cli.failure import FAILED
from cli.output import print_json, print_rows
from config import bootstrap, wiring
from config.settings import Settings
from core.errors import BrokerUnavailableError
from tasks.configuration import celery_settings
from tasks.queues import Queue

Look = Callable[[], dict[str, Any] | None]

PROGRAM: Final = "cli.demo_program"
PROGRAM_SECONDS: Final = 120
POLL_SECONDS: Final = 0.1
# It takes a while until it is sure that something has mended; the demo does not depend on it.
RECOVERY_SECONDS: Final = 15
SHOWN: Final = (
    "event_id",
    "issue_id",
    "title",
    "culprit",
    "category",
    "family",
    "transient",
    "severity",
)
# What a client may be told to do next; the first two are worth another attempt, the third is not.
REPORTS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "ConnectionResetError", "message": "Connection reset by peer"},
    {"type": "HTTPError", "message": "Too Many Requests", "http_status": 429},
    {"type": "ValueError", "message": "an order needs at least one line"},
)
# A task of another application that gave up, as that application tells it.
LETTER: Final[dict[str, Any]] = {
    "task": "shop.send_receipt",
    "args": [],
    "kwargs": {"order": 4711},
    "queue": "shop",
    "attempts": 5,
    "error": {
        "type": "smtplib.SMTPRecipientsRefused",
        "message": "550 No such user here",
        "category": "validation",
    },
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One failure of the program and the event that tells of it."""

    failure: str
    event_id: str


class Visitor:
    """A client of the running platform, as any program is one: by HTTP, sentry-sdk and Celery."""

    def __init__(self, found: Settings, known: Mapping[str, str], api: httpx2.Client) -> None:
        self._settings = found
        self._dsn = known["dsn"]
        self._api = api

    def run_program(self) -> list[Sent]:
        ended = subprocess.run(  # noqa: S603  # a program of ours
            [sys.executable, "-m", PROGRAM, self._dsn],
            stdout=subprocess.PIPE,
            timeout=PROGRAM_SECONDS,
            check=True,
        )
        return [Sent(**json.loads(line)) for line in ended.stdout.splitlines()]

    def send_letter(self) -> str:
        """Tells of a task that failed for good, as another application on the broker would."""
        app = Celery("mendline-demo", set_as_current=False)
        app.conf.update(celery_settings(self._settings))
        try:
            sent = app.send_task("deadletter.capture", kwargs=LETTER, queue=Queue.DEADLETTER)
        except (KombuError, OSError) as error:
            raise BrokerUnavailableError(str(error)) from error
        return str(sent.id)

    def report(self, error: Mapping[str, Any]) -> dict[str, Any]:
        """What the answer to `POST /api/errors` advises."""
        key = urlsplit(self._dsn).username
        body = {"error": error, "component": "checkout", "operation": "pay"}
        answer = self._api.post(f"/k/{key}/api/errors", json=body).raise_for_status().json()
        return {
            "error": error["type"],
            "event_id": answer["error_id"],
            **answer["recovery_action"],
        }

    def recovery(self, event_id: str) -> dict[str, Any] | None:
        """What the platform did about a reported error itself; none while it is at it."""
        answer = self._api.get(f"/api/v1/events/{event_id}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        found = answer.raise_for_status().json()["recovery"]
        return found[0] if found and found[0]["ended_at"] else None

    def stored(self, sent: Sent) -> dict[str, Any] | None:
        """The failure as the API shows it; none while it is not digested."""
        answer = self._api.get(f"/api/v1/events/{sent.event_id}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        event = answer.raise_for_status().json()
        return {"failure": sent.failure, **{name: event[name] for name in SHOWN}}

    def letter(self, message_id: str) -> dict[str, Any] | None:
        path = f"/api/v1/deadletters?task={LETTER['task']}"
        letters = self._api.get(path).raise_for_status().json()
        return next((each for each in letters if each["message_id"] == message_id), None)


class Patience:
    """Seconds for the whole visit: what is late once leaves less for the rest."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def wait_for(self, look: Look) -> dict[str, Any] | None:
        while (found := look()) is None and self._left > 0:
            time.sleep(POLL_SECONDS)
            self._left -= POLL_SECONDS
        return found


@click.command()
@click.option(
    "--wait",
    type=click.IntRange(1, 600),
    default=60,
    show_default=True,
    help="Seconds to wait for the errors to be sorted.",
)
@json_option
@data_dir_option
@click.pass_context
def demo(ctx: click.Context, wait: int, as_json: bool) -> None:  # noqa: FBT001 (by name)
    """Let a small program fail in many ways and see what becomes of it.

    Its errors go to the running platform with sentry-sdk; then the API is asked how each was
    grouped and classified, what clients are told to do next, which recovered, and what became a
    dead letter.
    """
    found = settings()
    known = bootstrap.remembered(found.data_dir)
    if not known:
        raise wiring.NoPlatformError(
            "No running platform was found in the data directory; start one: `mendline run`."
        )
    authorization = {"Authorization": f"Bearer {known['admin_key']}"}
    client = httpx2.Client(base_url=known["api_url"], headers=authorization, timeout=10)
    visitor = Visitor(found, known, ctx.with_resource(client))
    seen = visit(visitor, Patience(wait))
    if as_json:
        print_json(seen)
    else:
        _tell(seen)
    if seen["missing"] or not seen["deadletters"]:
        ctx.exit(FAILED)


def visit(visitor: Visitor, patience: Patience) -> dict[str, Any]:
    message_id = visitor.send_letter()
    sent = visitor.run_program()
    stored = [patience.wait_for(partial(visitor.stored, each)) for each in sent]
    letter = patience.wait_for(partial(visitor.letter, message_id))
    reports = [visitor.report(error) for error in REPORTS]
    proof = Patience(RECOVERY_SECONDS)
    ended = [proof.wait_for(partial(visitor.recovery, each["event_id"])) for each in reports]
    return {
        "failures": [each for each in stored if each],
        "issues": len({each["issue_id"] for each in stored if each}),
        "reports": reports,
        "recoveries": [each for each in ended if each],
        "deadletters": [letter] if letter else [],
        "missing": [each.event_id for each, found in zip(sent, stored, strict=True) if not found],
    }


def _tell(seen: Mapping[str, Any]) -> None:
    failures, letters = seen["failures"], seen["deadletters"]
    click.echo(f"{len(failures)} failures became {seen['issues']} issues:\n")
    print_rows(failures, ("failure", "issue_id", "category", "transient", "severity", "title"))
    click.echo("\nThree more were reported over HTTP; the answer tells the program what to do:\n")
    print_rows(seen["reports"], ("error", "action", "retry_after", "attempts_left", "reason"))
    click.echo("\nWhat the platform did about these itself, looking whether it helped:\n")
    print_rows(seen["recoveries"], ("id", "category", "state", "acted", "rule", "reason"))
    click.echo("\nA task of another application had failed for good; it can be replayed:\n")
    print_rows(letters, ("id", "task", "reason", "error_type", "attempts", "message"))
    if seen["missing"]:
        click.echo(f"\nNot there in time: {', '.join(seen['missing'])}", err=True)
