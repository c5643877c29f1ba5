"""Backups as they are shown, and what was asked for."""

from typing import Any

from web.api.schemas.shape import Id, Moment, Shown


class BackupShown(Shown):
    """`state` is made, proven, failed or removed; `proof` has the checks of the last restore."""

    id: Id
    name: str
    host: str
    path: str
    place: str | None
    state: str
    taken_at: Moment
    seconds: float
    bytes: int
    rows: int
    revision: str | None
    encrypted: bool
    cause: str
    proven_at: Moment | None
    recovery_seconds: float | None
    proof: dict[str, Any]
    removed_at: Moment | None


class BackupWork(Shown):
    """Work that was ordered; it is done by a worker of the queue `maintenance`."""

    task: str
    work_id: Id
