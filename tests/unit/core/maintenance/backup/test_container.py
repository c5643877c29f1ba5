import errno
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import DiskFullError
from core.maintenance.backup import container
from core.maintenance.backup.manifest import Contents, Manifest, TableFacts
from core.maintenance.backup.problems import BackupNotFoundError, DamagedBackupError

MANIFEST = Manifest(
    name="b.mendline",
    taken_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    seconds=1.5,
    database="mendline",
    database_bytes=100,
    dump_bytes=0,
    mendline="0.1.0",
    server="18.4",
    program="18",
    compression=1,
    key=None,
    contents=Contents(
        revision="0025",
        tables={"issues": TableFacts(3, {"id": "7"}), "books": TableFacts(0)},
        objects={"indexes": 2},
        wal="0/1",
    ),
)
CHUNKS = (b"PGDMP", b"x" * 3000, b"end")


@pytest.fixture
def made(tmp_path):
    return container.write(
        tmp_path / "b.mendline", CHUNKS, lambda length: replace(MANIFEST, dump_bytes=length)
    )


def test_what_was_written_is_read_back(made):
    container.check(made.path)
    assert container.look(made.path) == made
    assert made.manifest == replace(MANIFEST, dump_bytes=3008)
    with container.dump_of(made) as read:
        assert read(10_000) == b"".join(CHUNKS)
        assert read(1) == b""


def test_the_dump_stands_first_as_it_is(made):
    assert made.path.read_bytes().startswith(b"PGDMP")


def test_only_its_owner_may_read_it(made):
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_every_flipped_byte_is_found(made):
    whole = made.path.read_bytes()
    for place in [*range(0, len(whole), 97), *range(len(whole) - container.FOOTER, len(whole))]:
        changed = bytearray(whole)
        changed[place] ^= 0x20
        made.path.write_bytes(changed)
        with pytest.raises(DamagedBackupError):
            read_all(made.path)


def read_all(path):
    container.look(path)
    container.check(path)


@pytest.mark.parametrize("left", [0, 10, 100, -1])
def test_a_cut_file_is_found(made, left):
    made.path.write_bytes(made.path.read_bytes()[:left])
    with pytest.raises(DamagedBackupError):
        container.look(made.path)


def test_a_strange_file_and_none_at_all_are_told(tmp_path):
    strange = tmp_path / "strange"
    strange.write_bytes(os.urandom(500))
    with pytest.raises(DamagedBackupError, match="none, or cut"):
        container.look(strange)
    with pytest.raises(BackupNotFoundError):
        container.look(tmp_path / "none")
    with pytest.raises(BackupNotFoundError):
        container.look(tmp_path)


def test_a_backup_of_a_later_format_is_told(made):
    raw = replace(MANIFEST, format=2).as_bytes()
    with pytest.raises(DamagedBackupError, match="version that made it"):
        Manifest.parse(raw)


def full_disk():
    yield b"x" * 1000
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(DiskFullError, match="earlier ones are untouched"):
        container.write(tmp_path / "b.mendline", full_disk(), lambda _: MANIFEST)
    assert list(tmp_path.iterdir()) == []
