"""Which keys may write to which project: in memory, fresh from PostgreSQL, with a copy on disk."""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from core.clock import Clock
from core.errors import DatabaseUnavailableError
from core.intake.link import Link
from core.intake.spool import sync_folder

FRESH_SECONDS: Final = 2.0
_SHORTEST_PAUSE: Final = 0.1
_MISSES: Final = 10_000
DEFAULT_PROJECT: Final = "default"

log = structlog.get_logger()

# Ids only grow and keys are only added, revoked or deleted: these numbers change with each of it.
_SIGNATURE: Final = """
    SELECT array[count(*), coalesce(sum(id), 0), coalesce(max(id), 0)]::text
    FROM project_keys WHERE revoked_at IS NULL
    UNION ALL
    SELECT array[count(*), coalesce(sum(id), 0), coalesce(max(id), 0)]::text
    FROM api_keys WHERE revoked_at IS NULL
    UNION ALL
    SELECT array[count(*), coalesce(sum(id), 0), coalesce(max(id), 0)]::text FROM projects
"""
_PROJECT_KEYS: Final = "SELECT public_key, project_id FROM project_keys WHERE revoked_at IS NULL"
_API_KEYS: Final = """
    SELECT encode(key_hash, 'hex'), project_id, expires_at FROM api_keys WHERE revoked_at IS NULL
"""
_PROJECTS: Final = "SELECT id, name = %s FROM projects ORDER BY 2 DESC, 1"


@dataclass(frozen=True, slots=True)
class Token:
    """An API key; without a project it may write to any. Every role may report."""

    project_id: int | None
    expires_at: datetime | None

    def valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Keys:
    """`projects` by public key, `tokens` by the SHA-256 of an API key in hex."""

    projects: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    known_projects: list[int] = field(default_factory=list)
    default_project: int | None = None


class KeyCache:
    """A key that is not known is looked for at once, so a new one works from its first use.

    While PostgreSQL is away, keys that are not in the copy are neither accepted nor refused.
    """

    def __init__(self, link: Link, file: Path, clock: Clock) -> None:
        self._link = link
        self._file = file
        self._clock = clock
        self._keys = Keys()
        self._signature: list[Any] | None = None
        self._missing: set[str] = set()
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed = float("-inf")

    @property
    def keys(self) -> Keys:
        return self._keys

    async def start(self) -> None:
        try:
            await self.refresh()
        except DatabaseUnavailableError:
            self._keys = await asyncio.to_thread(load, self._file)
            log.warning("keys.from_disk", keys=len(self._keys.projects))

    async def project_of(self, public_key: str) -> int | None:
        found = self._keys.projects.get(public_key)
        if found is None and await self._look_again(public_key):
            found = self._keys.projects.get(public_key)
        return found

    async def token_of(self, key_hash: bytes) -> Token | None:
        """The API key with this hash, if it is valid now."""
        digest = key_hash.hex()
        found = self._keys.tokens.get(digest)
        if found is None and await self._look_again(digest):
            found = self._keys.tokens.get(digest)
        return found if found is not None and found.valid(self._clock.now()) else None

    async def project_exists(self, project_id: int) -> bool:
        if project_id not in self._keys.known_projects:
            await self._look_again(f"project {project_id}")
        return project_id in self._keys.known_projects

    async def _look_again(self, key: str) -> bool:
        """Joins or starts a look at the database that begins after this call; False if in vain.

        A key that was missing a moment ago is not looked for again: guessing keys costs nothing.
        """
        if key in self._missing:
            return False
        if self._refreshing is None:
            self._refreshing = asyncio.get_running_loop().create_task(self._refresh_soon())
        await asyncio.shield(self._refreshing)
        if key not in self._keys.projects and key not in self._keys.tokens:
            if len(self._missing) >= _MISSES:
                self._missing.clear()
            self._missing.add(key)
        return True

    async def _refresh_soon(self) -> None:
        pause = self._refreshed + _SHORTEST_PAUSE - self._clock.monotonic()
        await asyncio.sleep(max(pause, 0.0))
        self._refreshing = None  # who comes from now on needs a later look
        await self._read()

    async def refresh(self) -> None:
        """Takes over what changed in the database; revoked keys end here."""
        self._missing.clear()
        await self._read()

    async def _read(self) -> None:
        self._refreshed = self._clock.monotonic()
        signature = await self._link.run(_SIGNATURE)
        if signature == self._signature:
            return
        self._keys = await self._load()
        self._signature = signature
        try:
            await asyncio.to_thread(save, self._keys, self._file)
        except OSError as error:
            log.warning("keys.copy_failed", error=str(error))

    async def _load(self) -> Keys:
        projects = await self._link.run(_PROJECTS, (DEFAULT_PROJECT,))
        ids = [project_id for project_id, _default in projects]
        return Keys(
            projects=dict(await self._link.run(_PROJECT_KEYS)),
            tokens={
                digest: Token(project_id, expires_at)
                for digest, project_id, expires_at in await self._link.run(_API_KEYS)
            },
            known_projects=ids,
            default_project=ids[0] if ids else None,
        )


def save(keys: Keys, file: Path) -> None:
    """Replaces the copy as a whole; readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(msgspec.json.encode(keys))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync_folder(file.parent)


def load(file: Path) -> Keys:
    """The copy; nothing where it is missing or damaged."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Keys)
    except FileNotFoundError:
        return Keys()
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("keys.copy_unreadable", error=str(error))
        return Keys()
