"""Checks a base backup against the manifest that the server wrote for it.

By `pg_verifybackup`, which also reads the log of changes, where there is one that runs; and always
by ourselves: sizes and SHA-256 of all files, none missing, none besides.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from core.maintenance.backup import programs
from core.maintenance.backup.container import PIECE
from core.maintenance.backup.problems import DamagedBackupError, MissingProgramError
from core.maintenance.backup.programs import Programs, Target

MANIFEST: Final = "backup_manifest"
SUM_LINE: Final = b'"Manifest-Checksum"'
# Not of the copy: written beside it, or by the server that restores.
BESIDE: Final = {MANIFEST, "mendline.json", "postgresql.auto.conf", "recovery.signal"}
LOG: Final = "pg_wal"


def check(folder: Path, major: int, target: Target, tools: Path | None = None) -> str:
    """Answers with what it was checked by."""
    _files(folder)
    try:
        program = Programs(major, tools).path("pg_verifybackup")
    except MissingProgramError:
        return "checksums"
    ignored = [f"--ignore={name}" for name in sorted(BESIDE - {MANIFEST})]
    programs.run([program, "--quiet", *ignored, str(folder)], target)
    return "pg_verifybackup"


def _files(folder: Path) -> None:
    expected = {each["Path"]: each for each in _manifest(folder)["Files"]}
    for name, facts in expected.items():
        _file(folder / name, name, facts)
    strange = sorted(set(_present(folder)) - set(expected))
    if strange:
        raise DamagedBackupError(f"{folder} has files that were not copied: {strange[0]}, …")


def _file(path: Path, name: str, facts: Mapping[str, Any]) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while piece := file.read(PIECE):
                digest.update(piece)
    except FileNotFoundError as error:
        raise DamagedBackupError(f"{name} is missing in {path.parent}.") from error
    if digest.hexdigest() != facts["Checksum"]:
        raise DamagedBackupError(f"{name} was changed after it was copied.")


def _present(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != LOG and str(name) not in BESIDE:
            yield str(name)


def _manifest(folder: Path) -> dict[str, Any]:
    """Its last line has the checksum of all lines before."""
    raw = (folder / MANIFEST).read_bytes()
    body, mark, line = raw.rpartition(SUM_LINE)
    told = line.strip(b' :"}\n').decode()
    if not mark or hashlib.sha256(body).hexdigest() != told:
        raise DamagedBackupError(f"{folder / MANIFEST} was changed after it was written.")
    found: dict[str, Any] = orjson.loads(raw)
    return found
