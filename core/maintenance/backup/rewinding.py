"""Prepares a cluster out of the archive as it was at a moment; its server does the rest."""

import shlex
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import ConflictError
from core.maintenance.backup import archive
from core.maintenance.backup.archive import FACTS, Archive

SETTINGS: Final = "postgresql.auto.conf"
SIGNAL: Final = "recovery.signal"


@dataclass(frozen=True, slots=True)
class Rewound:
    cluster: Path
    base: str
    until: datetime | None


def rewind(source: Archive, cluster: Path, *, at: datetime | None = None) -> Rewound:
    """`cluster` must not be there yet; without a moment it goes as far as the archive does."""
    if cluster.exists():
        raise ConflictError(f"{cluster} is there already; name a folder that is not.")
    base = source.base_for(at)
    archive.verify(base, source.target, source.programs)
    cluster.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = cluster.with_name(f"{cluster.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(base.path, draft, symlinks=True)
    (draft / FACTS).unlink()
    (draft / SIGNAL).touch(mode=0o600)
    with (draft / SETTINGS).open("a") as file:
        file.write(_settings(source.wal, at))
    draft.chmod(0o700)
    draft.rename(cluster)
    return Rewound(cluster, base.path.name, at or source.received())


def _settings(wal: Path, at: datetime | None) -> str:
    """The last segment may be unfinished; then it has another name."""
    segment = f"{shlex.quote(str(wal.absolute()))}/%f"
    values = {
        "restore_command": f'cp {segment} "%p" || cp {segment}.partial "%p"',
        "recovery_target_action": "promote",
        "hot_standby": "off",  # nobody is served before it has come to the moment
        **({"recovery_target_time": at.isoformat()} if at else {}),
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return "\n".join(["", *lines, ""])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
