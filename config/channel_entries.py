"""One kind of entry each of the file that declares channels, with its own checks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.alerts.channel import Channel
from core.alerts.channels import pagerduty, slack
from core.alerts.channels.apprise import Apprise
from core.alerts.channels.console import Console
from core.alerts.channels.email import Email, Relay, Tls
from core.alerts.channels.webhook import Webhook
from core.alerts.declared import Declaration
from core.alerts.posting import Poster
from core.alerts.template import Wording
from core.errors import ConfigurationError, InvalidInputError
from core.outbound import signing
from core.outbound.http import parsed

SCHEMES: Final = {
    "smtp": (Tls.STARTTLS, 587),
    "smtps": (Tls.AT_ONCE, 465),
    "smtp+plain": (Tls.NONE, 25),
}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1), BeforeValidator(_listed)]


@dataclass(frozen=True, slots=True)
class Around:
    """What channels need besides their entry; `smtp` and `sender` where an entry names none."""

    poster: Poster
    smtp: str | None = None
    sender: str | None = None


class Entry(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", strict=True)

    severity_levels: list[Text] = []
    title: str | None = None
    text: str | None = None
    timeout: float = Field(10.0, gt=0, le=60)
    send_resolved: bool = True

    def declaration(self, name: str, around: Around) -> Declaration:
        return Declaration(
            channel=self.channel(name, around),
            severities=frozenset(self.severity_levels),
            wording=Wording(self.title, self.text),
            timeout=self.timeout,
            send_resolved=self.send_resolved,
        )

    @abstractmethod
    def channel(self, name: str, around: Around) -> Channel:
        """What the declaration stands for."""


class SlackEntry(Entry):
    type: Literal["slack"]
    webhook_url: Text | None = None
    token: Text | None = None
    channel_id: Text | None = Field(None, alias="channel")
    api_url: str = slack.API

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.webhook_url) == bool(self.token):
            raise ValueError("needs either webhook_url, or token and channel")
        if self.token and not self.channel_id:
            raise ValueError("with token needs channel, the id of a channel")
        _callable(self.webhook_url or self.api_url)
        return self

    def channel(self, name: str, around: Around) -> Channel:
        if self.webhook_url:
            return slack.SlackWebhook(name=name, poster=around.poster, url=self.webhook_url)
        return slack.SlackBot(
            name=name,
            poster=around.poster,
            token=self.token or "",
            channel=self.channel_id or "",
            url=self.api_url.rstrip("/"),
        )


class PagerDutyEntry(Entry):
    type: Literal["pagerduty"]
    integration_key: Text
    url: str = pagerduty.URL

    @model_validator(mode="after")
    def _check(self) -> Self:
        _callable(self.url)
        return self

    def channel(self, name: str, around: Around) -> Channel:
        return pagerduty.PagerDuty(
            name=name, poster=around.poster, integration_key=self.integration_key, url=self.url
        )


class WebhookEntry(Entry):
    type: Literal["webhook"]
    url: Text
    secret: Annotated[list[Text], BeforeValidator(_listed)] = []
    headers: dict[str, str] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        _callable(self.url)
        for each in self.secret:
            try:
                signing.key(each)
            except ConfigurationError as error:
                raise ValueError(str(error)) from error
        return self

    def channel(self, name: str, around: Around) -> Channel:
        return Webhook(
            name=name,
            poster=around.poster,
            url=self.url,
            secrets=tuple(self.secret),
            headers=self.headers,
        )


class EmailEntry(Entry):
    type: Literal["email"]
    recipients: Texts
    smtp: Text | None = None
    sender: Text | None = None
    ca_file: str | None = None

    def channel(self, name: str, around: Around) -> Channel:
        address, sender = self.smtp or around.smtp, self.sender or around.sender
        if address is None or sender is None:
            raise ConfigurationError(
                "e-mail needs smtp and sender, here or in MENDLINE_SMTP_URL and MENDLINE_SMTP_FROM"
            )
        return Email(
            name=name,
            relay=relay(address, self.ca_file),
            sender=sender,
            recipients=tuple(self.recipients),
            clock=around.poster.clock,
        )


class AppriseEntry(Entry):
    type: Literal["apprise"]
    url: Text

    def channel(self, name: str, around: Around) -> Channel:  # noqa: ARG002
        return Apprise(name=name, address=self.url)


class ConsoleEntry(Entry):
    type: Literal["console"]

    def channel(self, name: str, around: Around) -> Channel:  # noqa: ARG002
        return Console(name=name)


ENTRIES: Final[dict[str, type[Entry]]] = {
    "slack": SlackEntry,
    "pagerduty": PagerDutyEntry,
    "email": EmailEntry,
    "webhook": WebhookEntry,
    "apprise": AppriseEntry,
    "console": ConsoleEntry,
}


def relay(address: str, ca_file: str | None = None) -> Relay:
    """`smtp://user:password@host:587`; `smtps://` is TLS at once, `smtp+plain://` is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("the address of the mail server cannot be read") from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ConfigurationError(
            "the address of the mail server begins with smtp://, smtps:// or smtp+plain:// "
            "and names a host"
        )
    tls, usual = SCHEMES[parts.scheme]
    return Relay(
        host=parts.hostname,
        port=port or usual,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=ca_file,
    )


def _callable(address: str) -> None:
    try:
        parsed(address)
    except InvalidInputError as error:
        raise ValueError(str(error)) from error
