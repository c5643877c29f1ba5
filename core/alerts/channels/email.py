"""E-mail over SMTP with TLS: text and HTML, the messages of an episode as one conversation."""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from html import escape
from typing import Final

from core.alerts.channel import AlertView, Notice, NoticeKind, Receipt, TransportError
from core.alerts.fitting import fitting
from core.alerts.posting import excerpt
from core.clock import Clock, SystemClock

ACCEPTED: Final = 250
_LASTING: Final = 500
# Of labels, annotations and links, which stand in a mail twice: mailboxes take some megabytes.
MOST_WORDS: Final = 300_000
WORDS: Final = {
    NoticeKind.TRIGGER: "FIRING",
    NoticeKind.UPDATE: "FIRING",
    NoticeKind.ACKNOWLEDGE: "ACKNOWLEDGED",
    NoticeKind.RESOLVE: "RESOLVED",
    NoticeKind.DIGEST: "DIGEST",
    NoticeKind.TEST: "TEST",
}


class Tls(StrEnum):
    """From the first byte on, from the greeting on and never without, or not at all."""

    AT_ONCE = "at_once"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server that takes our mail. `ca_file`: whom to believe besides the usual ones."""

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = ""
    ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    name: str
    relay: Relay
    sender: str
    recipients: tuple[str, ...]
    clock: Clock = field(default_factory=SystemClock)
    kind: str = "email"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        mail, begun = self.message(notice), time.perf_counter()
        with _judged(), _connected(self.relay, timeout) as server:
            refused = server.send_message(mail, self.sender, list(self.recipients))
        told = f"refused: {', '.join(sorted(refused))}" if refused else "accepted"
        message_id = str(mail["Message-ID"])
        seconds = time.perf_counter() - begun
        return Receipt(ACCEPTED, message_id, told, seconds, notice.thread or message_id)

    def message(self, notice: Notice) -> EmailMessage:
        """The same for every attempt but for its date, so that a mailbox can tell a repeat."""
        mail = EmailMessage()
        mail["Subject"] = f"[{WORDS[notice.kind]}] {_subject(notice.title)}"
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Date"] = format_datetime(self.clock.now())
        mail["Message-ID"] = f"<{notice.webhook_id}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        if notice.thread:
            mail["In-Reply-To"] = mail["References"] = notice.thread
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Mendline-Dedup-Key"] = notice.dedup_key
        mail.set_content(text_of(notice))
        mail.add_alternative(html_of(notice), subtype="html")
        return mail


@contextmanager
def _connected(relay: Relay, timeout: float) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context(cafile=relay.ca_file)
    host = socket.gethostname() or "localhost"  # the whole name may take a look-up that hangs
    server: smtplib.SMTP
    if relay.tls is Tls.AT_ONCE:
        server = smtplib.SMTP_SSL(relay.host, relay.port, host, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(relay.host, relay.port, host, timeout=timeout)
    with server:
        if relay.tls is Tls.STARTTLS:
            server.starttls(context=context)
        if relay.user:
            server.login(relay.user, relay.password)
        yield server


@contextmanager
def _judged() -> Iterator[None]:
    """4xx may pass, 5xx stays; without an answer nobody knows, so it is tried again."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise TransportError(
            "The mail server refused all recipients.",
            permanent=min(codes) >= _LASTING,
            status=max(codes),
            excerpt=excerpt(next(iter(error.recipients.values()))[1]),
        ) from error
    except smtplib.SMTPResponseException as error:
        answer = error.smtp_error
        raise TransportError(
            f"The mail server answered {error.smtp_code}.",
            permanent=error.smtp_code >= _LASTING,
            status=error.smtp_code,
            excerpt=excerpt(answer if isinstance(answer, bytes) else answer.encode()),
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        told = "The mail server offers no TLS or no log-in; smtp+plain:// does without TLS."
        raise TransportError(told, permanent=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TransportError(f"The mail server cannot be reached: {error}.") from error


def text_of(notice: Notice) -> str:
    parts = [_line(notice.title), "", notice.summary]
    shown = _shown(notice)
    for each in shown:
        parts += ["", f"{each.name}: {each.state}, {each.severity}{_value(each)}"]
        parts += [f"  {name}: {value}" for name, value in _facts(each)]
    if more := _more(notice, shown):
        parts += ["", more]
    return "\n".join([*parts, *(["", notice.url] if notice.url else [])]) + "\n"


def html_of(notice: Notice) -> str:
    shown = _shown(notice)
    rows = "".join(_row(each) for each in shown)
    rest = _more(notice, shown)
    more = f"<p>{rest}</p>" if rest else ""
    link = f'<p><a href="{escape(notice.url)}">Open in Mendline</a></p>' if notice.url else ""
    summary = escape(notice.summary).replace("\n", "<br>")
    return (
        f"<!doctype html><html><body><h2>{escape(_line(notice.title))}</h2><p>{summary}</p>"
        f'<table border="0" cellpadding="6">{rows}</table>{more}{link}</body></html>'
    )


def _shown(notice: Notice) -> tuple[AlertView, ...]:
    return fitting(notice.alerts, most=len(notice.alerts), size=MOST_WORDS)


def _more(notice: Notice, shown: Sequence[AlertView]) -> str:
    rest = len(notice.alerts) - len(shown) + notice.truncated
    return f"and {rest} more" if rest else ""


def _row(alert: AlertView) -> str:
    facts = "".join(f"<br>{escape(name)}: {escape(value)}" for name, value in _facts(alert))
    return (
        f"<tr><td><b>{escape(alert.name)}</b>{facts}</td>"
        f"<td>{escape(alert.state)}, {escape(alert.severity)}{_value(alert)}</td></tr>"
    )


def _facts(alert: AlertView) -> list[tuple[str, str]]:
    """What is known of an alert besides its name and how it stands."""
    shown = {"alertname", "severity"}
    labels = [(name, value) for name, value in sorted(alert.labels.items()) if name not in shown]
    return [*labels, *alert.annotations.items(), *alert.links.items()]


def _value(alert: AlertView) -> str:
    return "" if alert.value is None else f" ({alert.value:g})"


def _subject(title: str) -> str:
    """Without what is taken for an encoded word: decoded, it may hold lines of its own."""
    return _line(title).replace("=?", "= ?")


def _line(text: str) -> str:
    """One line: a header has no second one."""
    return " ".join(text.split())
