"""`mendline backup archive`: every change is kept, so that any moment can be restored."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from cli.console import data_dir_option, json_option, settings
from cli.output import print_fields
from config import backups
from config.private import private_folder
from core.clock import SystemClock
from core.maintenance.backup import rewinding
from core.maintenance.backup.archive import Archive

FORMATS: Final = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S")


@click.group()
def archive() -> None:
    """Base backups and every change since, for a restore to any moment."""


@archive.command()
@json_option
@data_dir_option
def status(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Whether there can be an archive, what is missing for it, and how far it reaches."""
    found = _archive()
    bases = [
        {
            "path": str(each.path),
            "finished_at": each.finished_at,
            "bytes": each.bytes,
            "verified_by": each.verified_by,
        }
        for each in found.found()
    ]
    fields: dict[str, Any] = {
        "folder": str(found.folder),
        "missing": found.missing(),
        "until": found.received(),
        "bases": bases,
    }
    print_fields(fields, as_json=as_json)


@archive.command()
@json_option
@data_dir_option
def receive(as_json: bool) -> None:  # noqa: FBT001
    """Take what was written up to now into the archive; the platform does so every minute."""
    done = _archive().receive()
    fields = {"until": done.until, "place": done.place, "segments": done.segments}
    print_fields(fields, as_json=as_json)


@archive.command()
@json_option
@data_dir_option
def base(as_json: bool) -> None:  # noqa: FBT001
    """Take and check a base backup; the platform does so every day."""
    made = _archive().base()
    fields = {
        "path": str(made.path),
        "bytes": made.bytes,
        "seconds": made.seconds,
        "verified_by": made.verified_by,
    }
    print_fields(fields, as_json=as_json)


@archive.command()
@json_option
@data_dir_option
def drop(as_json: bool) -> None:  # noqa: FBT001
    """Let the server forget what it keeps for the archive; its files stay."""
    found = _archive()
    found.drop()
    print_fields({"folder": str(found.folder), "dropped": True}, as_json=as_json)


@archive.command()
@click.argument("into", type=click.Path(path_type=Path, file_okay=False))
@click.option("--at", type=click.DateTime(FORMATS), help="Moment, UTC unless it has an offset.")
@json_option
@data_dir_option
def restore(into: Path, at: datetime | None, as_json: bool) -> None:  # noqa: FBT001
    """Make a data directory INTO with the database as it was at a moment, or as late as possible.

    Start it with `mendline run --data-dir INTO`.
    """
    moment = at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
    folder = into.absolute() / "postgres"
    source = _archive()
    private_folder(into)  # first: whoever makes it in passing makes it for everybody to look into
    done = rewinding.rewind(source, folder / "data", at=moment)
    kept = _kept(settings().data_dir, into)
    fields = {
        "data_dir": str(into),
        "base": done.base,
        "until": done.until,
        "kept": kept,
        "next_step": f"mendline run --data-dir {into}",
    }
    print_fields(fields, as_json=as_json)


def _kept(old: Path, new: Path) -> list[str]:
    """Passwords and keys of the old platform, which the restored rows go with."""
    names = ("credentials.json", "postgres/password")
    found = [name for name in names if (old / name).is_file()]
    for name in found:
        shutil.copy(old / name, new / name)
    return found


def _archive() -> Archive:
    return backups.archive(settings(), SystemClock())
