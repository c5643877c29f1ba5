"""Real receivers on this host: an HTTP server for Slack, PagerDuty and webhook, and a mail server.

They write down every request with what they answered. A request counts as taken when they decided
so, whether or not the answer reaches anybody.
"""

import asyncio
import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from tests.chaos.alerts.trouble import Answer, Trouble
from tests.http_sink import Sink, sinking

COMPONENT = re.compile(rb"drill-(?:reports|errors)-[0-9]+")
CHANNELS = ("slack", "pagerduty", "webhook", "email")
STATUS = {
    Answer.TAKEN: (200, {}, b"ok"),
    Answer.BUSY: (429, {"retry-after": "1"}, b"slow down"),
    Answer.BROKEN: (500, {}, b"broken"),
    Answer.NONE: (503, {}, b"too late"),
}
REPLIES = {
    Answer.TAKEN: "250 queued",
    Answer.BUSY: "450 slow down",
    Answer.BROKEN: "451 broken",
    Answer.NONE: "451 too late",
}


@dataclass(frozen=True)
class Came:
    """One request: when it was there (`at`) and whether it was taken."""

    channel: str
    webhook_id: str
    dedup_key: str
    at: float
    taken: bool


@dataclass
class Book:
    """Everything that came, in the order in which it came; `told` are channels by component."""

    trouble: Trouble
    came: list[Came] = field(default_factory=list)
    told: dict[str, set[str]] = field(default_factory=dict)

    def note(self, came, content):
        self.came.append(came)
        found = COMPONENT.search(content) if came.taken else None
        if found is not None:
            self.told.setdefault(found[0].decode(), set()).add(came.channel)

    def knows(self, component):
        return len(self.told.get(component, ())) == len(CHANNELS)


@dataclass
class Posts(Sink):
    """`/slack`, `/pagerduty` and `/webhook`."""

    book: Book | None = None

    def answer_to(self, request):
        channel, body = request.path.strip("/"), json.loads(request.body)
        answer, wait = self.book.trouble.draw()
        at = time.time()
        self.stopping.wait(wait)
        webhook_id, taken = request.headers["webhook-id"], answer is Answer.TAKEN
        self.book.note(Came(channel, webhook_id, _key(channel, body), at, taken), request.body)
        return STATUS[answer]


def _key(channel, body):
    match channel:
        case "slack":
            return body["metadata"]["event_payload"]["dedup_key"]
        case "pagerduty":
            return body["dedup_key"]
        case _:
            return body["groupKey"]


class Mailbox:
    def __init__(self, book):
        self.book = book

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (the library's name)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        webhook_id = mail["Message-ID"].strip("<>").partition("@")[0]
        answer, wait = self.book.trouble.draw()
        at, taken = time.time(), answer is Answer.TAKEN
        await asyncio.sleep(wait)
        key = str(mail["X-Mendline-Dedup-Key"])
        self.book.note(Came("email", webhook_id, key, at, taken), envelope.content)
        return REPLIES[answer]


class MailServer(Controller):
    """On a port that is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def receiving(trouble):
    """The book, and the addresses of both servers."""
    book = Book(trouble)
    server = MailServer(Mailbox(book), hostname="127.0.0.1", port=0)
    server.start()
    try:
        with sinking(Posts(book=book)) as posts:
            yield book, posts.url, f"smtp+plain://127.0.0.1:{server.port}"
    finally:
        server.stop()
