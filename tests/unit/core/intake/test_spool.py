import dataclasses
import os
import pickle
import resource
import subprocess
import sys
import uuid
from datetime import UTC, datetime

import pytest

from core.errors import DiskFullError
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.spool import DRAINED, Spool, SpoolFile, SpoolFullError

ITEM = InboxItem(
    7, uuid.UUID(int=1), datetime(2026, 3, 1, tzinfo=UTC), Kind.EVENT, Encoding.IDENTITY, b"{}"
)


def items(count, body=b"{}"):
    return [
        dataclasses.replace(ITEM, event_id=uuid.UUID(int=n + 1), body=body) for n in range(count)
    ]


@pytest.fixture
def spool(tmp_path):
    with_limit = Spool(tmp_path / "spool", limit=10**8)
    yield with_limit
    with_limit.close()


def drained(spool):
    """Everything that can be claimed, removed as the drain does it."""
    found = []
    for file in spool.claim():
        offset = 0
        while (chunk := file.chunk(offset)) is not None:
            found += chunk.items
            offset = chunk.end
        file.retire()
        file.remove()
    return found


def test_nothing_is_there_at_first(spool):
    assert spool.size() == 0
    assert list(spool.claim()) == []
    assert not spool.folder.exists()


def test_what_was_spooled_is_claimed_once_sealed(spool):
    spool.append(items(3))
    spool.append(items(2))
    assert list(spool.claim()) == []
    spool.seal()
    assert drained(spool) == items(3) + items(2)
    assert spool.waiting() == []


def test_a_sealed_spool_begins_another_file(spool):
    for count in (1, 2):
        spool.append(items(count))
        spool.seal()
    assert len(spool.waiting()) == 2
    assert len(drained(spool)) == 3


def test_only_the_owner_may_read_it(spool):
    spool.append([ITEM])
    (path,) = spool.waiting()
    assert path.stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_of_a_living_process_is_left_alone(spool):
    spool.append([ITEM])
    assert list(Spool(spool.folder, limit=10**8).claim()) == []


def test_a_file_of_a_dead_one_is_adopted(spool):
    spool.append(items(4))
    spool.close()
    other = Spool(spool.folder, limit=10**8)
    assert drained(other) == items(4)


APPEND_AND_DIE = """
import os, pickle, sys
from pathlib import Path
from core.intake.spool import Spool
Spool(Path(sys.argv[1]), limit=10**8).append(pickle.load(sys.stdin.buffer))
os.kill(os.getpid(), 9)
"""


def test_also_of_a_killed_one(spool):
    command = [sys.executable, "-c", APPEND_AND_DIE, str(spool.folder)]
    done = subprocess.run(command, input=pickle.dumps(items(5)), check=False)
    assert done.returncode == -9
    assert drained(spool) == items(5)


def test_large_and_small_records_mix(spool):
    mixed = [*items(2), *items(2, bytes(5 * 2**20)), *items(2)]
    spool.append(mixed)
    spool.seal()
    assert drained(spool) == mixed


def test_many_records_come_in_chunks(spool):
    many = items(30, bytes(2**19))
    spool.append(many)
    spool.seal()
    (file,) = spool.claim()
    first = file.chunk(0)
    assert 0 < len(first.items) < 30
    file.close()


def test_a_torn_tail_is_left_out(spool):
    spool.append(items(2))
    (path,) = spool.waiting()
    spool.close()
    os.truncate(path, path.stat().st_size - 1)
    assert drained(spool) == items(1)


def test_the_limit_holds_over_all_files(spool):
    small = Spool(spool.folder, limit=300)
    spool.append(items(4))
    with pytest.raises(SpoolFullError) as caught:
        small.append(items(4))
    assert caught.value.retry_after
    assert caught.value.http_status == 503
    assert len(spool.waiting()) == 1


@pytest.fixture
def little_space():
    """A process may write files of 4 KB at most."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_nothing_that_was_answered(spool, little_space):
    spool.append(items(3))
    with pytest.raises(DiskFullError):
        spool.append(items(3, bytes(10_000)))
    spool.append(items(2))
    spool.seal()
    assert len(drained(spool)) == 5


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(OSError, match="spool"):
        Spool(tmp_path / "spool", limit=10**8).append([ITEM])


def test_a_file_drained_meanwhile_is_not_adopted(spool):
    spool.append([ITEM])
    (path,) = spool.waiting()
    spool.close()
    path.unlink()
    assert SpoolFile.adopt(path) is None


def test_a_drained_file_is_found_until_it_is_removed(spool):
    spool.append([ITEM])
    spool.seal()
    (file,) = spool.claim()
    file.retire()
    assert [path.suffix for path in spool.waiting()] == [DRAINED]
    file.remove()
    assert spool.waiting() == []
