"""Composes what takes, proves and restores backups."""

from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from config import wiring
from config.settings import Settings
from core.clock import Clock
from core.errors import ConfigurationError
from core.maintenance.backup.archive import Archive
from core.maintenance.backup.keeping import Rule
from core.maintenance.backup.place import Place
from core.maintenance.backup.places.bucket import Bucket
from core.maintenance.backup.programs import Target
from core.maintenance.backup.sealing import Key
from core.maintenance.backup.taking import Taking, Tell, silent
from core.maintenance.backup.upkeep import Means


def means(
    settings: Settings, clock: Clock, *, tell: Tell = silent, key_file: Path | None = None
) -> Means:
    """`key_file` wins over the one of the settings."""
    url = wiring.required(settings.database_url, "DATABASE_URL")
    return Means(
        target=Target(url),
        taking=replace(taking(settings, clock, key_file=key_file), tell=tell),
        rule=rule(settings),
        scratch=_target(settings.backup_scratch_url),
        place=place(settings),
    )


def folder(settings: Settings) -> Path:
    return (settings.backup_dir or settings.data_dir / "backups").absolute()


def taking(settings: Settings, clock: Clock, *, key_file: Path | None = None) -> Taking:
    file = key_file or settings.backup_key_file
    return Taking(
        folder=folder(settings),
        clock=clock,
        key=Key.read(file) if file else None,
        compression=settings.backup_compression,
        programs=settings.postgres_programs,
    )


def rule(settings: Settings) -> Rule:
    return Rule(
        daily=settings.backup_keep_days,
        weekly=settings.backup_keep_weeks,
        monthly=settings.backup_keep_months,
        most_bytes=settings.backup_max_bytes,
    )


def place(settings: Settings) -> Place | None:
    if settings.backup_s3 is None:
        return None
    return Bucket(settings.backup_s3, endpoint=settings.backup_s3_endpoint)


def archive(settings: Settings, clock: Clock) -> Archive:
    if settings.wal_archive_dir is None:
        raise ConfigurationError(
            "There is no continuous archive: MENDLINE_WAL_ARCHIVE_DIR is not set."
        )
    url = wiring.required(settings.database_url, "DATABASE_URL")
    folder = settings.wal_archive_dir.absolute()
    return Archive(
        target=Target(url), folder=folder, clock=clock, programs=settings.postgres_programs
    )


def _target(url: SecretStr | None) -> Target | None:
    return Target(url.get_secret_value()) if url else None
