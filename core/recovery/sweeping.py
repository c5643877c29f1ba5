"""Takes away keys of a cache and files of a folder: declared ones, a bounded number, in time."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import redis

from core.clock import Clock
from core.recovery.declared import Cache, Folder

AT_ONCE = 500
GLOB = re.compile(r"([\\*?\[\]])")


@dataclass(frozen=True, slots=True)
class Swept:
    """`complete` is false where the number or the time was used up before the end."""

    things: int = 0
    bytes: int = 0
    refused: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """`until` is a moment of the monotonic clock."""

    most: int
    until: float
    dry_run: bool


def keys(cache: Cache, budget: Budget, clock: Clock) -> Swept:
    """By SCAN and UNLINK, a few hundred at a time, so that the server answers others meanwhile."""
    left = max(budget.until - clock.monotonic(), 0.1)
    client = redis.Redis.from_url(cache.url, socket_timeout=left, socket_connect_timeout=left)
    pattern = GLOB.sub(r"\\\1", cache.prefix) + "*"
    swept, cursor = Swept(), 0
    with client:
        while True:
            cursor, found = client.scan(cursor, match=pattern, count=AT_ONCE)
            chosen = found[: budget.most - swept.things]
            if chosen and not budget.dry_run:
                client.unlink(*chosen)
            swept = replace(swept, things=swept.things + len(chosen))
            if len(chosen) < len(found):
                return replace(swept, complete=False)
            if cursor == 0:
                return swept
            if swept.things >= budget.most or clock.monotonic() > budget.until:
                return replace(swept, complete=False)


def files(folder: Folder, budget: Budget, clock: Clock) -> Swept:
    """No link is followed, no other file system is entered, and whole files only are taken."""
    swept, before = Swept(), clock.now().timestamp() - folder.seconds
    for name, place, size in _old(folder, before):
        if swept.things >= budget.most or clock.monotonic() > budget.until:
            return replace(swept, complete=False)
        try:
            if not budget.dry_run:
                os.unlink(name, dir_fd=place)
        except FileNotFoundError:
            continue
        except OSError:
            swept = replace(swept, refused=swept.refused + 1)
        else:
            swept = replace(swept, things=swept.things + 1, bytes=swept.bytes + size)
    return swept


def _old(folder: Folder, before: float) -> Iterator[tuple[str, int, int]]:
    device = Path(folder.path).lstat().st_dev
    for _, folders, names, place in os.fwalk(folder.path, follow_symlinks=False):
        folders[:] = [each for each in folders if _device(each, place) == device]
        for name in names:
            if fnmatch(name, folder.pattern) and (size := _size(name, place, before)) is not None:
                yield name, place, size


def _device(name: str, place: int) -> int | None:
    try:
        return os.stat(name, dir_fd=place, follow_symlinks=False).st_dev
    except FileNotFoundError:
        return None


def _size(name: str, place: int, before: float) -> int | None:
    """Of a plain file that is old enough."""
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) and found.st_mtime < before else None
