"""Letters and orders on disk, and how they come into the database."""

import os
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.deadletters.sheet import Sheet
from core.deadletters.spooled import REFUSED, SUFFIX, LetterSpool
from core.errors import DatabaseUnavailableError, DiskFullError, report
from core.store.deadletters import Capture
from core.store.engine import Database
from core.store.work import WorkOrder
from tests.conftest import NOON

LETTER = Capture(
    "message-m1",
    "undecodable",
    queue="intake",
    headers={"odd": "a\x00b", "deep": {"er": [1]}},
    raw=b"\x00\xff",
    error=report(DatabaseUnavailableError("gone")),
)
ORDER = WorkOrder("t.do", {"a": 1}, "intake", due_at=NOON, unique_key="message-m2", origin="m2")


@pytest.fixture
def spool(tmp_path):
    return LetterSpool(tmp_path / "letters", limit=2**20)


@pytest.fixture
def rows(database):
    def read(statement):
        with database.transaction() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return read


def test_a_letter_comes_in_as_it_was(spool, database, rows):
    spool.keep(Sheet(NOON, LETTER))
    assert spool.drain(database, most=10) == 1
    found = rows("SELECT capture_key, raw, created_at, error_code, headers FROM dead_letters")
    headers = {"odd": "a\ufffdb", "deep": {"er": [1]}}
    assert found == [("message-m1", b"\x00\xff", NOON, "ML-DB-0001", headers)]


def test_an_order_comes_in_as_it_was(spool, database, rows):
    spool.keep(Sheet(NOON, ORDER))
    spool.drain(database, most=10)
    found = rows("SELECT task, arguments, due_at, unique_key, context FROM work_items")
    assert found == [("t.do", {"a": 1}, NOON, "message-m2", {"origin": "m2"})]


def test_a_file_that_could_not_be_removed_is_brought_in_once(spool, database, rows):
    spool.keep(Sheet(NOON, ORDER))
    (path,) = spool.folder.iterdir()
    os.link(path, spool.folder / "kept")
    spool.drain(database, most=10)
    with database.transaction() as session:
        session.execute(
            text("""INSERT INTO spool_progress (file, "offset", updated_at) VALUES (:f, 0, :n)"""),
            {"f": path.stem, "n": NOON},
        )
        session.execute(text("UPDATE work_items SET state = 'done'"))
    (spool.folder / "kept").rename(path)
    spool.drain(database, most=10)
    assert rows("SELECT count(*) FROM work_items") == [(1,)]
    assert list(spool.folder.iterdir()) == []
    assert rows("SELECT count(*) FROM spool_progress") == [(0,)]


def test_while_the_database_is_away_everything_stays(spool):
    spool.keep(Sheet(NOON, LETTER))
    away = Database("postgresql://u:p@127.0.0.1:1/none")
    with pytest.raises(Exception, match="refused"):
        spool.drain(away, most=10)
    assert spool.waiting().files == 1


def test_a_damaged_file_is_set_aside_and_the_others_come_in(spool, database, rows):
    spool.keep(Sheet(NOON, LETTER))
    (path,) = spool.folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    spool.keep(Sheet(datetime(2026, 3, 2, tzinfo=UTC), ORDER))
    assert spool.drain(database, most=10) == 1
    assert (spool.waiting().files, spool.waiting().refused) == (0, 1)
    assert path.with_suffix(REFUSED).exists()


def test_the_oldest_comes_in_first_and_only_so_many_at_once(spool, database, rows):
    for day in (3, 1, 2):
        capture = Capture(f"message-{day}", "refused")
        spool.keep(Sheet(datetime(2026, 3, day, tzinfo=UTC), capture))
    assert spool.waiting().oldest == datetime(2026, 3, 1, tzinfo=UTC)
    assert spool.drain(database, most=2) == 2
    found = rows("SELECT capture_key FROM dead_letters ORDER BY id")
    assert found == [("message-1",), ("message-2",)]


def test_beyond_its_limit_it_takes_nothing(tmp_path):
    spool = LetterSpool(tmp_path / "letters", limit=100)
    with pytest.raises(DiskFullError):
        spool.keep(Sheet(NOON, LETTER))
    assert [path for path in spool.folder.iterdir() if path.suffix == SUFFIX] == []


def test_nobody_else_can_read_it(spool):
    spool.keep(Sheet(NOON, LETTER))
    (path,) = spool.folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700
