"""Builds what core needs from settings; each entry point composes the rest itself."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
from pydantic import SecretStr

from config.settings import Settings
from core.deadletters.spooled import LetterSpool
from core.errors import Category, ConfigurationError
from core.intake.limits import Limits
from core.maintenance.logs.days import LogKeeping
from core.maintenance.values import Keeping
from core.store.engine import Database

if TYPE_CHECKING:
    from core.alerts.declared import Book
    from core.outbound.http import Outbound

CREDENTIALS = "credentials.json"
# How our own database is called among those of a transaction of two phases.
OWN_DATABASE = "mendline"
TIMEOUTS = ("socket_timeout", "socket_connect_timeout")
REDIS_OPTIONS: dict[str, Any] = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}


def discovered(settings: Settings) -> Settings:
    """Fills in the addresses of a running embedded platform from its data directory.

    Addresses that were given win.
    """
    file = settings.data_dir / CREDENTIALS
    if not file.is_file():
        return settings
    found = _credentials(file)
    missing: dict[str, Any] = {
        name: SecretStr(found[name])
        for name in ("database_url", "redis_url", "secret_key")
        if getattr(settings, name) is None and found.get(name)
    }
    if settings.public_url is None and found.get("api_url"):
        missing["public_url"] = found["api_url"]
    return settings.model_copy(update=missing)


def _credentials(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{file} is damaged; restore it or move it away.") from error


class NoPlatformError(ConfigurationError):
    """No address was given, and no running platform was found."""

    code = "ML-CONF-0002"
    category = Category.UNAVAILABLE


def required(secret: SecretStr | None, name: str) -> str:
    if secret is None:
        raise NoPlatformError(
            f"MENDLINE_{name} is not set and no running platform was found in the data directory; "
            "start one with `mendline run`, or set the address."
        )
    return secret.get_secret_value()


def database(settings: Settings, *, application: str, pool_size: int = 5) -> Database:
    url = required(settings.database_url, "DATABASE_URL")
    return Database(url, application=application, pool_size=pool_size)


def databases(settings: Settings, *, application: str) -> dict[str, Database]:
    """Those of other applications, as `[databases.NAME]` of the actions' file declares them."""
    from config.actions import declared  # noqa: PLC0415 (slow to import; few need them)

    return {
        name: Database(each.url, application=application, pool_size=1)
        for name, each in declared(settings.actions_file).databases.items()
    }


def redis_client(settings: Settings, *, patience: float | None = None) -> "redis.Redis":
    """`patience`: seconds to wait for an answer, where somebody waits for us in turn."""
    url = required(settings.redis_url, "REDIS_URL")
    hasty = {} if patience is None else dict.fromkeys(TIMEOUTS, patience)
    try:
        return redis.Redis.from_url(url, **REDIS_OPTIONS | hasty)
    except ValueError as error:  # which may quote a part of the password
        raise ConfigurationError(
            "MENDLINE_REDIS_URL cannot be read; it is redis://:password@host:6379/0, with %2F for "
            "a / in a password."
        ) from error


def broker_url(settings: Settings) -> str:
    return required(settings.broker_url or settings.redis_url, "BROKER_URL")


def brokers(settings: Settings) -> dict[str, str]:
    """Addresses, with passwords, of the brokers of other applications."""
    return {name: url.get_secret_value() for name, url in settings.brokers.items()}


def broker_named(settings: Settings, name: str | None) -> str:
    """Our own for no name."""
    if name is None:
        return broker_url(settings)
    found = settings.brokers.get(name)
    if found is None:
        raise ConfigurationError(f"The broker {name} is not declared in MENDLINE_BROKERS.")
    return found.get_secret_value()


def outbound(settings: Settings) -> "Outbound":
    """Calls to addresses that come from people: public ones, and those that a setting allows."""
    from core.outbound.http import Outbound  # noqa: PLC0415 (slow to import; most call nobody)
    from core.outbound.policy import OutboundPolicy  # noqa: PLC0415

    return Outbound(OutboundPolicy.of(settings.outbound_allow))


def channels(settings: Settings) -> "tuple[Book, list[str]]":
    """What alerts are told on, and what is wrong with the files that declare it."""
    from config.channel_entries import Around  # noqa: PLC0415 (slow to import; most tell nobody)
    from config.channels import book  # noqa: PLC0415
    from core.alerts.posting import Poster  # noqa: PLC0415

    smtp = settings.smtp_url.get_secret_value() if settings.smtp_url else None
    around = Around(Poster(outbound(settings)), smtp, settings.smtp_from)
    files = dict.fromkeys(filter(None, (settings.channels_file, settings.alerts_file)))
    return book(list(files), around)


def public_url(settings: Settings) -> str:
    """How clients reach the API: what stands in a DSN."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return settings.public_url or f"http://{host}:{settings.port}"


def seal(settings: Settings) -> bytes:
    """The key that users are hashed with; without a secret of their own, the stores' address is."""
    secret = settings.secret_key or settings.database_url
    plain = secret.get_secret_value() if secret else ""
    return hashlib.blake2b(plain.encode(), digest_size=32, person=b"visitors").digest()


def spool_dir(settings: Settings) -> Path:
    return settings.data_dir / "spool"


def letter_spool(settings: Settings) -> LetterSpool:
    """Where the workers of this host keep dead letters while PostgreSQL is away."""
    return LetterSpool(settings.data_dir / "letters", limit=settings.max_spool_bytes)


def limits(settings: Settings) -> Limits:
    return Limits(
        body=settings.max_body_bytes,
        decompressed=settings.max_decompressed_bytes,
        event=settings.max_event_bytes,
        inbox_rows=settings.max_inbox_rows,
        spool=settings.max_spool_bytes,
        clock_skew_seconds=settings.max_clock_skew_seconds,
    )


def keeping(settings: Settings) -> Keeping:
    return Keeping(
        event_days=settings.retention_days,
        partition_days_ahead=settings.partition_days_ahead,
        minute_days=settings.rollup_minute_days,
        hour_days=settings.rollup_hour_days,
        rollup_days=settings.rollup_days,
        run_days=settings.run_days,
        deadletter_days=settings.deadletter_days,
        recovery_days=settings.recovery_days,
        delivery_days=settings.delivery_days,
    )


def log_keeping(settings: Settings) -> LogKeeping:
    return LogKeeping(settings.log_days, settings.log_store_bytes)
