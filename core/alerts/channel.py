"""What a way to tell people gets, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

from core.errors import Category, MendlineError

RESOLVED: Final = "resolved"


class NoticeKind(StrEnum):
    """A trigger is the first of an episode, an update tells how it goes on, a resolve ends it."""

    TRIGGER = "trigger"
    UPDATE = "update"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DIGEST = "digest"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert as it stood when people were to be told of it. `links` by their name."""

    id: int
    name: str
    state: str
    severity: str
    started_at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    resolved_at: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def resolved(self) -> bool:
        return self.state == RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told.

    `dedup_key` is of the group and the episode, `webhook_id` of this one notice: both stay the
    same on every repeat. `thread` is what the channel called the group's first message;
    `truncated` alerts are not among `alerts` any more.
    """

    kind: NoticeKind
    dedup_key: str
    webhook_id: str
    title: str
    summary: str
    alerts: tuple[AlertView, ...] = ()
    group_labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    thread: str | None = None
    truncated: int = 0

    @property
    def severity(self) -> str:
        """The worst of those that are not resolved, else of all."""
        open_ones = [each.severity for each in self.alerts if not each.resolved]
        of = open_ones or [each.severity for each in self.alerts]
        return min(of, key=rank, default=SEVERITIES[-1])

    @property
    def ends(self) -> bool:
        return self.kind is NoticeKind.RESOLVE


# Worst first, in the words that rules, Alertmanager and the requirements use.
SEVERITIES: Final = ("critical", "high", "error", "warning", "medium", "low", "info")


def rank(severity: str) -> int:
    """0 is the worst; words that nobody knows come last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said. `thread` is how it calls the message, for those that follow."""

    status: int | None
    provider_id: str | None
    excerpt: str
    seconds: float
    thread: str | None = None


class Channel(Protocol):
    """A configured way to tell people; raises `TransportError` where it could not."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def send(self, notice: Notice, *, timeout: float) -> Receipt: ...


class TransportError(MendlineError):
    """The channel did not take the notification."""

    code: ClassVar[str] = "ML-ALERT-0020"
    category: ClassVar[Category] = Category.UNAVAILABLE
    http_status: ClassVar[int] = 502

    def __init__(
        self,
        message: str | None = None,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        excerpt: str = "",
        **context: Any,
    ) -> None:
        super().__init__(message, retry_after=retry_after, **context)
        self.permanent = permanent
        self.status = status
        self.excerpt = excerpt
