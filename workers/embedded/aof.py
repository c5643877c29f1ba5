"""Repairs Redis' append-only file after a crash: without it a damaged one keeps the server down.

Everything in our Redis can be rebuilt from PostgreSQL, so a short file is better than no server.
"""

import shutil
import subprocess
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# The server's own binary is the checker when it is called by this name.
CHECKER = "redis-check-aof"
PATIENCE = 300
DAMAGED = "damaged"


def repair(binary: str, directory: Path) -> None:
    """Cuts the file after its last whole command; a copy of the damaged one stays beside it."""
    file = _append_only_file(directory)
    if file is None or _check(binary, file):
        return
    place = directory / DAMAGED
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    for path in _parts(directory):
        target = place / path.name
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)
    if not _check(binary, file, fix=True):
        for path in _parts(directory):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    log.warning("redis.file_repaired", copy=str(place))


def _append_only_file(directory: Path) -> Path | None:
    """One file up to Redis 6, a manifest with several files from 7 on."""
    manifest = directory / "appendonlydir" / "appendonly.aof.manifest"
    found = (path for path in (manifest, directory / "appendonly.aof") if path.exists())
    return next(found, None)


def _parts(directory: Path) -> list[Path]:
    parts = (directory / "appendonlydir", directory / "appendonly.aof")
    return [path for path in parts if path.exists()]


def _check(binary: str, file: Path, *, fix: bool = False) -> bool:
    arguments = [CHECKER, *(["--fix"] if fix else []), str(file)]
    done = subprocess.run(  # noqa: S603  # our own server's binary on our own file
        arguments,
        executable=binary,
        input=b"y\n",
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode == 0
