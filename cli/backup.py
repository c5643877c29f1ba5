"""`mendline backup`: taken, proven, listed and restored; none of it needs a running platform."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.backup_archive import archive
from cli.console import data_dir_option, database, json_option, settings
from cli.failure import FAILED
from cli.output import print_fields, print_rows
from config import backups
from config.private import write_private
from core.clock import SystemClock
from core.errors import ConflictError, MendlineError
from core.maintenance.backup import restoring, sealing, upkeep
from core.maintenance.backup.container import Backup
from core.maintenance.backup.proving import Proof
from core.maintenance.backup.restoring import Wish
from core.maintenance.backup.upkeep import BY_HAND, Upkeep, as_json
from core.store import backups as rows
from core.store import schema

COLUMNS: Final = ("name", "taken_at", "bytes", "rows", "revision", "encrypted", "state", "place")
MEGABYTE: Final = 2**20

key_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Key of encrypted backups. Default: MENDLINE_BACKUP_KEY_FILE.",
)


class Progress:
    """On a terminal one line that moves; elsewhere a line for each step."""

    def __init__(self) -> None:
        self._step = ""
        self._moves = sys.stderr.isatty()

    def __call__(self, step: str, count: int) -> None:
        if self._moves:
            amount = f" {count / MEGABYTE:,.1f} MB" if count else ""
            click.echo(f"\r\x1b[K{step}{amount}", nl=False, err=True)
        elif step != self._step:
            click.echo(f"{step} …", err=True)
        self._step = step

    def done(self) -> None:
        if self._moves:
            click.echo("\r\x1b[K", nl=False, err=True)


@click.group()
def backup() -> None:
    """Backups: taken, proven, listed, restored."""


@backup.command()
@click.option("--no-verify", is_flag=True, help="Without proving it by a restore.")
@key_option
@json_option
@data_dir_option
@click.pass_context
def create(ctx: click.Context, no_verify: bool, key_file: Path | None, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Take a backup of the database and prove it; 1 if it cannot be restored."""
    progress = Progress()
    with _upkeep(key_file, progress) as keeper:
        done = keeper.create(cause=BY_HAND, prove=not no_verify)
    progress.done()
    fields = {"path": str(done.backup.path), **_shown(done.backup)}
    print_fields(fields | (_proof(done.proof) if done.proof else {}), as_json=as_json)
    if done.proof is not None and not done.proof.ok:
        ctx.exit(FAILED)


@backup.command()
@click.argument("path")
@key_option
@json_option
@data_dir_option
@click.pass_context
def verify(ctx: click.Context, path: str, key_file: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Prove a backup: checksum, restore into a scratch database, comparison; 1 if it fails.

    PATH is a file, or the name of a backup in the backup folder or in S3.
    """
    progress = Progress()
    with _upkeep(key_file, progress) as keeper:
        file = keeper.fetch(path)
        proof = keeper.verify(file)
    progress.done()
    print_fields({"path": str(file), **_proof(proof)}, as_json=as_json)
    if not proof.ok:
        ctx.exit(FAILED)


backup.add_command(archive)


@backup.command("list")
@json_option
@data_dir_option
def list_(as_json: bool) -> None:  # noqa: FBT001
    """Backups in the backup folder, newest first; also while the database is away."""
    found = upkeep.held(backups.folder(settings()))
    states = _states([each.path.name for each in found])
    listed = [
        {**_shown(each), "path": str(each.path), **states.get(each.path.name, {})} for each in found
    ]
    print_rows(listed, COLUMNS, as_json=as_json)


@backup.command()
@click.argument("path")
@click.option("--into", metavar="NAME", help="A new database of that name, beside the one in use.")
@click.option("--overwrite", metavar="NAME", help="The word to replace the database of that name.")
@click.option("--no-upgrade", is_flag=True, help="Leave the schema as it was in the backup.")
@key_option
@json_option
@data_dir_option
def restore(
    path: str,
    *,
    into: str | None,
    overwrite: str | None,
    no_upgrade: bool,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Restore a backup into a new database, which then takes the place of the one in use.

    A database with tables is replaced only with --overwrite NAME, and kept under another name.
    """
    progress = Progress()
    means = backups.means(settings(), SystemClock(), tell=progress, key_file=key_file)
    target = means.target.named(into) if into else means.target
    wish = Wish(target=target, overwrite=overwrite, upgrade=not no_upgrade)
    file = Upkeep(means, None).fetch(path)
    done = restoring.restore(file, wish, means.quickly(), means.taking.clock)
    progress.done()
    fields = {
        "database": done.database,
        "before": done.before,
        "revision": done.revision,
        "seconds": done.seconds,
    }
    print_fields(fields, as_json=as_json)


@backup.command()
@json_option
@data_dir_option
def prune(as_json: bool) -> None:  # noqa: FBT001
    """Remove the backups that the rule of days, weeks, months and bytes does not keep."""
    with _upkeep(None, Progress()) as keeper:
        gone = keeper.prune()
    print_fields({"removed": list(gone)}, as_json=as_json)


@backup.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def key(path: Path, as_json: bool) -> None:  # noqa: FBT001
    """Make a key file for encrypted backups. Without it they cannot be read: keep it elsewhere."""
    if path.exists():
        raise ConflictError(f"{path} is there already; a key is never overwritten.")
    write_private(path, sealing.new_key())
    print_fields({"path": str(path), "id": sealing.Key.read(path).id.hex()}, as_json=as_json)


@contextmanager
def _upkeep(key_file: Path | None, progress: Progress) -> Iterator[Upkeep]:
    """With rows where the schema has them; a backup needs none."""
    found = settings()
    means = backups.means(found, SystemClock(), tell=progress, key_file=key_file)
    if not schema.state(means.target.url).ready:
        yield Upkeep(means, None)
        return
    with database() as opened:
        yield Upkeep(means, opened)


def _states(names: list[str]) -> dict[str, dict[str, Any]]:
    """What the rows tell of the files; nothing while the database is away."""
    try:
        with database() as opened, opened.transaction() as session:
            return {
                name: {"state": row.state, "place": row.place, "proven_at": row.proven_at}
                for name, row in rows.named(session, names).items()
            }
    except (MendlineError, SQLAlchemyError):
        return {}


def _shown(held: Backup) -> dict[str, Any]:
    manifest = held.manifest
    return {
        "name": held.path.name,
        "taken_at": manifest.taken_at,
        "bytes": held.bytes,
        "rows": manifest.contents.rows,
        "revision": manifest.contents.revision,
        "encrypted": manifest.key is not None,
        "seconds": manifest.seconds,
    }


def _proof(proof: Proof) -> dict[str, Any]:
    told = as_json(proof)
    return {
        "proven": proof.ok,
        "recovery_seconds": proof.recovery_seconds,
        **({} if proof.ok else {"failures": proof.failures}),
        "checks": told["checks"],
    }
