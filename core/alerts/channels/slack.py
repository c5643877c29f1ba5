"""Slack: an incoming webhook, or a bot, whose messages of one episode make one thread.

A webhook is told nothing about the message it made, so only a bot can answer in a thread and
change the first message once all is over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.alerts.channel import AlertView, Notice, NoticeKind, Receipt, TransportError
from core.alerts.posting import Poster, excerpt
from core.outbound.http import Answer

API: Final = "https://slack.com/api"
HEADER, SECTION, MOST_ALERTS = 150, 2_900, 10
COLORS: Final = {"critical": "#b3261e", "high": "#d9542b", "error": "#d9542b"}
USUAL_COLOR, GOOD_COLOR = "#e0a100", "#2e7d32"
# What Slack answers where trying again later may help; everything else stays as it is.
PASSING: Final = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
# The first message cannot be changed any more; what follows is told all the same.
GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWebhook:
    name: str
    poster: Poster
    url: str
    kind: str = "slack"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        content = json.dumps(message(notice), ensure_ascii=False).encode()
        headers = {"webhook-id": notice.webhook_id}
        answer = self.poster.post(self.url, content, headers=headers, timeout=timeout)
        return Receipt(answer.status, None, excerpt(answer.body), answer.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackBot:
    """`channel` is the id of a channel, or its name where the bot may write to all of them."""

    name: str
    poster: Poster
    token: str
    channel: str
    url: str = API
    kind: str = "slack"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        channel, _, first = (notice.thread or "").partition("/")
        values: dict[str, Any] = message(notice) | {"channel": channel or self.channel}
        if first:
            self._recolor(notice, channel, first, timeout)
            values["thread_ts"] = first
        answer, told = self._call("chat.postMessage", notice, values, timeout)
        place = f"{told.get('channel')}/{told.get('ts')}"
        thread = notice.thread or place
        return Receipt(answer.status, place, excerpt(answer.body), answer.seconds, thread)

    def _recolor(self, notice: Notice, channel: str, first: str, timeout: float) -> None:
        """The first message tells how it stands now; a repeat of this changes nothing."""
        values = message(notice) | {"channel": channel, "ts": first}
        try:
            self._call("chat.update", notice, values, timeout)
        except TransportError as error:
            if error.context.get("slack") not in GONE:
                raise

    def _call(
        self, method: str, notice: Notice, values: Mapping[str, Any], timeout: float
    ) -> tuple[Answer, Mapping[str, Any]]:
        headers = {"authorization": f"Bearer {self.token}", "webhook-id": notice.webhook_id}
        content = json.dumps(values, ensure_ascii=False).encode()
        url = f"{self.url}/{method}"
        answer = self.poster.post(url, content, headers=headers, timeout=timeout)
        told = _read(answer)
        if told.get("ok") is not True:
            error = str(told.get("error", "nothing that can be read"))
            raise TransportError(
                f"Slack answered {error}.",
                permanent=error not in PASSING and "error" in told,
                retry_after=answer.retry_after,
                status=answer.status,
                excerpt=excerpt(answer.body),
                slack=error,
            )
        return answer, told


def _read(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def message(notice: Notice) -> dict[str, Any]:
    """`text` is what a phone shows before it is opened."""
    blocks = [_header(notice), _section(_escaped(notice.summary) or "…")]
    blocks += [_section(_alert(each)) for each in notice.alerts[:MOST_ALERTS]]
    blocks += [*_more(notice), *_button(notice)]
    metadata = {
        "event_type": "mendline_alert",
        "event_payload": {"webhook_id": notice.webhook_id, "dedup_key": notice.dedup_key},
    }
    return {
        "text": _escaped(notice.title),
        "attachments": [{"color": _color(notice), "blocks": blocks}],
        "metadata": metadata,
    }


def _color(notice: Notice) -> str:
    if notice.ends or notice.kind is NoticeKind.TEST:
        return GOOD_COLOR
    return COLORS.get(notice.severity, USUAL_COLOR)


def _header(notice: Notice) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(notice.title, HEADER)}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, SECTION)}}


def _alert(alert: AlertView) -> str:
    labels = " ".join(
        f"`{_escaped(name)}={_escaped(value)}`"
        for name, value in sorted(alert.labels.items())
        if name not in {"alertname", "severity"}
    )
    value = "" if alert.value is None else f" ({alert.value:g})"
    links = " · ".join(_link(name, href) for name, href in alert.links.items())
    line = f"*{_escaped(alert.name)}*: {alert.state}, {alert.severity}{value}"
    return "\n".join(filter(None, (line, labels, links)))


def _link(name: str, href: str) -> str:
    """Senders choose where it leads: in angle brackets other words than addresses call people."""
    if not href.startswith(("http://", "https://")):
        return f"{_escaped(name)}: {_escaped(href)}"
    return f"<{_escaped(href).replace('|', '%7C')}|{_escaped(name)}>"


def _more(notice: Notice) -> list[dict[str, Any]]:
    rest = max(0, len(notice.alerts) - MOST_ALERTS) + notice.truncated
    if not rest:
        return []
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": f"and {rest} more"}]}]


def _button(notice: Notice) -> list[dict[str, Any]]:
    if not notice.url:
        return []
    text = {"type": "plain_text", "text": "Open in Mendline"}
    return [{"type": "actions", "elements": [{"type": "button", "text": text, "url": notice.url}]}]


def _escaped(text: str) -> str:
    """The three signs that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
