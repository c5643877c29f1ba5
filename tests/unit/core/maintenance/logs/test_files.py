import gzip
import multiprocessing
import os

import pytest

from core.clock import SystemClock
from core.maintenance.logs.files import LogFile
from core.maintenance.logs.rotation import Rotation

SMALL = Rotation(bytes=4096, least_free=0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def log_file(folder):
    return LogFile(folder, SMALL, clock=SystemClock())


def every_line(folder):
    found = []
    for path in folder.glob("mendline*.jsonl*"):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        found += content.splitlines()
    return found


def test_lines_stand_in_a_private_file(log_file, folder):
    log_file.write(b"one\n")
    log_file.write(b"two\n")
    assert log_file.path.read_bytes() == b"one\ntwo\n"
    assert log_file.path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_full_file_is_closed_and_a_new_one_begun(log_file, folder):
    for number in range(100):
        log_file.write(b"%0100d\n" % number)
    assert len(list(folder.glob("mendline-*.jsonl"))) == 2
    assert sorted(every_line(folder)) == [b"%0100d" % number for number in range(100)]


def test_another_program_may_take_the_file_away(log_file, folder):
    log_file.write(b"before\n")
    log_file.path.rename(folder / "taken.1")
    log_file.write(b"after\n")
    assert log_file.path.read_bytes() == b"after\n"
    assert (folder / "taken.1").read_bytes() == b"before\n"


def write_many(folder, name):
    own = LogFile(folder, SMALL, clock=SystemClock())
    for number in range(500):
        own.write(b"%s %04d %s\n" % (name.encode(), number, b"x" * 60))
        if number % 50 == 0:
            own.tidy()
    os._exit(1 if own.lost else 0)


def test_several_writers_lose_no_line_and_mix_none(folder):
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=write_many, args=(folder, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    expected = {f"{name} {number:04d} {'x' * 60}" for name in "abc" for number in range(500)}
    found = every_line(folder)
    assert len(found) == len(expected)
    assert {line.decode() for line in found} == expected


def age(folder, *, seconds):
    """Closed files, as if they had been closed earlier."""
    for path in folder.glob("mendline-*.jsonl"):
        earlier = path.stat().st_mtime - seconds
        os.utime(path, (earlier, earlier))
        path.rename(folder / "mendline-20260101T000000000000Z-1.jsonl")


def close_one(log_file):
    log_file.write(b"x" * 5000 + b"\n")
    log_file.write(b"next\n")
    assert not list(log_file.path.parent.glob("*.gz"))


def test_what_is_closed_is_compressed_once_nobody_writes_to_it(folder):
    keeps = Rotation(bytes=4096, least_free=0, kept_seconds=1e9)
    log_file = LogFile(folder, keeps, clock=SystemClock())
    close_one(log_file)
    log_file.tidy()
    assert not list(folder.glob("*.gz"))
    age(folder, seconds=60)
    log_file.tidy()
    (packed,) = folder.glob("*.gz")
    assert packed.stat().st_size < 200
    assert len(every_line(folder)) == 2


def test_what_is_too_old_is_deleted(log_file, folder):
    close_one(log_file)
    age(folder, seconds=60)
    log_file.write(b"newest\n")
    log_file.tidy()
    assert every_line(folder) == [b"newest"]


def test_a_full_disk_stops_writing_and_counts(folder):
    log_file = LogFile(folder, Rotation(least_free=2**62), clock=SystemClock())
    log_file.write(b"one\n")
    log_file.tidy()
    log_file.write(b"two\n")
    assert (log_file.lost, log_file.path.read_bytes()) == (1, b"one\n")


def test_a_folder_that_cannot_be_made_harms_nobody(tmp_path):
    (tmp_path / "file").write_text("")
    log_file = LogFile(tmp_path / "file" / "logs", SMALL, clock=SystemClock())
    log_file.write(b"one\n")
    log_file.tidy()
    assert log_file.lost == 1
