"""Every setting: `MENDLINE_…` in the environment, or a file named by `MENDLINE_CONFIG`."""

import os
import tomllib
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import ConfigurationError
from core.maintenance.housekeeping import Window

# A century: what is counted back from today stays a date, and nobody keeps anything longer.
MOST_DAYS: Final = 36_500
MOST_DAYS_AHEAD: Final = 366
MOST_HOURS: Final = 24 * 366
LAST_PORT: Final = 65_535


class Settings(BaseSettings):
    """Values of one process. Descriptions make the reference page; defaults suit one small host."""

    model_config = SettingsConfigDict(
        env_prefix="MENDLINE_",
        env_ignore_empty=True,  # as files of containers pass on what nobody set
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL 15 or later. Without it `mendline run` starts a private one."
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis 6.2 or later. Without it `mendline run` starts a private one."
    )
    broker_url: SecretStr | None = Field(
        None, description="Celery's broker, `redis://` or `amqp://`. Default: the Redis URL."
    )
    data_dir: Path = Field(
        Path(".mendline"), description="Embedded servers, spool, caches, credentials, logs."
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs and seals. Generated on the embedded run, required otherwise."
    )
    public_url: str | None = Field(
        None,
        description="How clients reach the API; stands in DSNs. Default: the listening address.",
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="A Sentry that Mendline reports its own failures to, besides itself."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    log_files: bool = Field(
        True,
        description="Whether log lines are also written to files in the data directory, which "
        "rotate.",
    )
    log_file_bytes: int = Field(
        16 * 2**20, ge=4096, description="Size at which a file of log lines is closed."
    )
    log_file_hours: int = Field(
        24,
        ge=1,
        le=MOST_HOURS,
        description="Hours after which a file of log lines is closed, whatever its size.",
    )
    log_files_bytes: int = Field(
        256 * 2**20, ge=0, description="Bytes that closed files of log lines may take on a host."
    )
    log_store: bool = Field(
        True, description="Whether log lines are also carried to the central, searchable table."
    )
    log_store_bytes: int = Field(
        512 * 2**20,
        ge=2**20,
        description="Bytes that the central table of log lines may take, with its indexes.",
    )
    log_days: int = Field(
        14, ge=1, le=MOST_DAYS, description="Days that log lines are kept, in both places."
    )
    cors_origins: list[str] = Field(
        [], description="Origins that browsers may call the management API from."
    )
    trusted_proxies: list[str] = Field(
        [], description="Addresses whose `X-Forwarded-*` headers are believed."
    )

    knowledge_dir: Path | None = Field(
        None,
        description="Directory with `classification*.toml` and `solutions*.toml` of your own, "
        "which decide before ours.",
    )

    alerts_file: Path | None = Field(
        None,
        description="YAML file with rules of alerts of your own, and with channels, which replace "
        "our rules of the same names.",
    )
    heartbeat_url: SecretStr | None = Field(
        None,
        description="Address that is called every minute while rules of alerts are evaluated, so "
        "that an outside watcher notices when Mendline is down.",
    )
    certificate_hosts: list[str] = Field(
        [],
        description="Hosts whose TLS certificates are looked at every hour, as JSON: `host` or "
        "`host:port`. Those that Mendline itself talks to are looked at anyway.",
    )
    max_gauges: int = Field(
        1_000, ge=0, description="Series of gauges that the applications of one project may write."
    )
    channels_file: Path | None = Field(
        None,
        description="TOML or YAML file with the channels that alerts are told on, besides those of "
        "the file of alerts.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for alerts: `smtp://user:password@host:587` with STARTTLS, "
        "`smtps://`, or `smtp+plain://` without TLS.",
    )
    smtp_from: str | None = Field(None, description="Whom mails of alerts are from.")
    pools_file: Path | None = Field(
        None,
        description="TOML file with sizes of the pools of workers, by their names, which win over "
        "ours.",
    )
    breakers_file: Path | None = Field(
        None, description="Settings of circuit breakers of your own, in TOML, which win over ours."
    )

    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: int = Field(
        8000, ge=0, le=LAST_PORT, description="Port that the API listens on; 0 picks a free one."
    )
    listen_fd: int | None = Field(
        None,
        ge=3,
        description="Descriptor of a socket that listens already, used instead of host and port.",
    )
    api_workers: int = Field(
        1, ge=1, description="API processes that serve, besides the one that replaces them."
    )
    flower_host: str = Field("127.0.0.1", description="Address that Flower listens on.")
    flower_port: int = Field(
        0, ge=0, le=LAST_PORT, description="Port of Flower; 0 picks a free one."
    )
    flower_user: str | None = Field(
        None, description="Name to open Flower with. Generated on the embedded run."
    )
    flower_password: SecretStr | None = Field(
        None, description="Password of Flower, which does not start without one."
    )

    max_body_bytes: int = Field(
        20 * 2**20, ge=1, description="Largest request body as it comes, in bytes."
    )
    max_decompressed_bytes: int = Field(
        100 * 2**20, ge=1, description="Largest request body once decompressed, in bytes."
    )
    max_event_bytes: int = Field(2**20, ge=1, description="Largest single event as JSON, in bytes.")
    max_inbox_rows: int = Field(
        500_000, ge=0, description="Events waiting for digestion above which intake answers 429."
    )
    max_spool_bytes: int = Field(
        2**30, ge=0, description="Bytes of spool on this host above which intake answers 503."
    )
    max_clock_skew_seconds: int = Field(
        86_400,
        ge=0,
        description="A client's time further than this from ours is clamped; both are kept.",
    )

    memory_high: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the memory of a host above which pools stop growing and drop caches.",
    )
    memory_critical: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Share of it above which work of low priority waits and batches get 429.",
    )

    digest_batch: int = Field(500, ge=1, le=5_000, description="Inbox rows of one digest batch.")
    thin_above: int = Field(
        6_000,
        ge=0,
        description="Stored payloads of one issue in a minute above which it is sampled.",
    )
    thin_keep: int = Field(
        20, ge=1, description="Of a sampled issue, one payload in this many stays."
    )

    retention_days: int = Field(90, ge=1, le=MOST_DAYS, description="Days that events are kept.")
    rollup_minute_days: int = Field(
        7,
        ge=1,
        le=MOST_DAYS,
        description="Days that counts are kept by the minute, before they are by the hour.",
    )
    rollup_hour_days: int = Field(
        60,
        ge=1,
        le=MOST_DAYS,
        description="Days that counts are kept by the hour, before they are by the day.",
    )
    rollup_days: int = Field(400, ge=1, le=MOST_DAYS, description="Days that roll-ups are kept.")
    outbound_allow: list[str] = Field(
        [],
        description="Addresses, networks (`10.0.0.0/8`) and names of hosts that webhooks and "
        "probes may call although they are not public, as JSON.",
    )
    actions_file: Path | None = Field(
        None,
        description="TOML file that declares what recovery may use: webhooks, commands, databases, "
        "caches, folders.",
    )
    brokers: dict[str, SecretStr] = Field(
        {},
        description="Brokers of other applications by name, as JSON: where replays of their dead "
        "letters may go.",
    )
    deadletter_autoreplay: bool = Field(
        True,
        description="Whether letters of an unknown task are sent again once a worker knows it.",
    )
    deadletter_days: int = Field(
        90, ge=1, le=MOST_DAYS, description="Days that closed dead letters are kept."
    )
    run_days: int = Field(
        30, ge=1, le=MOST_DAYS, description="Days that finished work and schedule runs are kept."
    )
    retention_project_bytes: int | None = Field(
        None,
        ge=2**20,
        description="Bytes that the events of one project may take; the least valuable of the "
        "oldest go first. A project's own setting wins.",
    )
    retention_bytes: int | None = Field(
        None, ge=2**20, description="Bytes that the events of all projects may take together."
    )
    recovery_days: int = Field(
        90, ge=1, le=MOST_DAYS, description="Days that ended recoveries are kept."
    )
    delivery_days: int = Field(
        30, ge=1, le=MOST_DAYS, description="Days that deliveries of hooks and alerts are kept."
    )
    maintenance_window: str = Field(
        "",
        description="When heavy upkeep may start, as `22:00-05:30` in UTC. Default: at any time.",
    )
    maintenance_behind_seconds: float = Field(
        60,
        gt=0,
        description="Age of waiting work from which on heavy upkeep waits for a quieter time.",
    )
    maintenance_patience_hours: float = Field(
        6,
        gt=0,
        le=MOST_HOURS,
        description="Hours after which heavy upkeep waits no longer for a quieter time.",
    )
    disk_critical: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Share of the disk above which upkeep that makes room does not wait.",
    )
    backup_dir: Path | None = Field(
        None,
        description="Where backups are made and kept. Default: `backups` in the data directory.",
    )
    backup_key_file: Path | None = Field(
        None, description="Key that backups are encrypted with; `mendline backup key` makes one."
    )
    backup_compression: int = Field(
        1, ge=0, le=9, description="Level of gzip in backups: 0 none, 1 fast, 9 small."
    )
    backup_s3: str | None = Field(
        None, description="`s3://BUCKET/PREFIX` that proven backups are copied to; extra `s3`."
    )
    backup_s3_endpoint: str | None = Field(
        None, description="Address of an S3-compatible store other than Amazon's."
    )
    backup_scratch_url: SecretStr | None = Field(
        None,
        description="PostgreSQL where backups are proven by a restore. Default: the server itself.",
    )
    backup_daily: bool = Field(
        True, description="Whether a backup is taken, proven and copied every night."
    )
    backup_before_upgrade: bool = Field(
        True, description="Whether the schema is upgraded only after a proven backup."
    )
    backup_keep_days: int = Field(7, ge=1, description="Days of which the last backup is kept.")
    backup_keep_weeks: int = Field(4, ge=0, description="Weeks of which the last backup is kept.")
    backup_keep_months: int = Field(
        12, ge=0, description="Months of which the last backup is kept."
    )
    backup_max_bytes: int = Field(
        0, ge=0, description="Bytes of all backups; the oldest go first. 0: as many as there are."
    )
    wal_archive_dir: Path | None = Field(
        None,
        description="Where base backups and the log of changes are kept, for a restore to any "
        "moment. Without it there is no continuous archive.",
    )
    postgres_programs: Path | None = Field(
        None,
        description="Folder of pg_dump and its siblings. Default: where the server's version of "
        "them is usually found.",
    )
    partition_days_ahead: int = Field(
        7, ge=2, le=MOST_DAYS_AHEAD, description="Day partitions that are made ahead."
    )

    @field_validator("maintenance_window")
    @classmethod
    def _parsed(cls, text: str) -> str:
        """What cannot be read would stop all upkeep, each job when its time comes."""
        try:
            Window.parse(text)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.memory_critical < self.memory_high:
            raise ValueError("memory_critical is below memory_high; it must be at least that.")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        file = os.environ.get("MENDLINE_CONFIG")
        sources = (init_settings, env_settings)
        return (*sources, _of_file(settings_cls, Path(file))) if file else sources


def _of_file(settings_cls: type[BaseSettings], file: Path) -> TomlConfigSettingsSource:
    """A file that is missing would be passed over, and all of its settings with it."""
    try:
        file.open("rb").close()
        return TomlConfigSettingsSource(settings_cls, file)
    except OSError as error:
        told = f"cannot be read: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        told = f"is no TOML: {error}"
    raise ConfigurationError(f"The file of settings {file}, which MENDLINE_CONFIG names, {told}.")
