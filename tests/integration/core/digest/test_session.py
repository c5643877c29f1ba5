import time

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from core.digest import batch as batches
from tests.integration.core.digest.world import World, failure


def test_a_worker_that_stands_still_lets_go_of_its_rows(world, monkeypatch):
    impatient = batches._SETTINGS.replace("'15s'", "'100ms'")
    monkeypatch.setattr(batches, "_SETTINGS", impatient)
    understand = batches.understand

    def slowly(row, knowledge, **values):
        time.sleep(1)
        return understand(row, knowledge, **values)

    world.put(failure(1))
    with monkeypatch.context() as patch:
        patch.setattr(batches, "understand", slowly)
        with pytest.raises((psycopg.OperationalError, SQLAlchemyError)):
            world.digester().batch()
    assert world.digester().batch().stored == 1


def test_a_lost_connection_costs_one_batch_at_most(world):
    digester = world.digester()
    world.put(failure(1))
    digester.batch()
    world.put(failure(2))
    with psycopg.connect(world.database.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises((psycopg.OperationalError, SQLAlchemyError)):
        digester.batch()
    assert digester.batch().stored == 1


def test_one_huge_row_is_a_batch_of_its_own(database, clock, monkeypatch):
    monkeypatch.setattr(batches.claim, "BATCH_BYTES", 1_000)
    world = World(database, clock)
    world.put(failure(1, extra={"filler": "x" * 2_000}), failure(2), failure(3))
    assert [batch.rows for batch in world.digest()] == [1, 2]


def test_slow_analysis_ends_a_batch_early(world, monkeypatch):
    understand = batches.understand

    def slowly(row, knowledge, **values):
        world.clock.advance(batches.PURE_SECONDS)
        return understand(row, knowledge, **values)

    monkeypatch.setattr(batches, "understand", slowly)
    world.put(*(failure(number) for number in range(4)))
    assert [batch.rows for batch in world.digest()] == [2, 2]


def test_a_conflict_that_does_not_end_is_raised(world, monkeypatch):
    def conflict(*_values, **_more):
        raise psycopg.errors.DeadlockDetected

    monkeypatch.setattr(batches.storing, "store", conflict)
    world.put(failure(1))
    with pytest.raises(psycopg.errors.DeadlockDetected):
        world.digester().batch()
    assert world.totals().pending == 1
