import threading
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.store import partitions
from tests.integration.core.rows import NOW, add_event, add_issue

pytestmark = pytest.mark.store

DAY = date(2027, 5, 1)


@pytest.fixture
def three_days(database):
    with database.transaction() as session:
        partitions.ensure(session, DAY, DAY + timedelta(days=2))


def days(database):
    with database.transaction() as session:
        return [day for day in partitions.days(session) if day.year == 2027]


def test_missing_days_are_made_and_named(session):
    assert partitions.ensure(session, DAY, DAY + timedelta(days=1)) == [
        DAY,
        DAY + timedelta(days=1),
    ]


def test_what_is_there_is_left_alone(session):
    partitions.ensure(session, DAY, DAY + timedelta(days=2))
    assert partitions.ensure(session, DAY, DAY + timedelta(days=2)) == []
    assert partitions.ensure(session, DAY, DAY + timedelta(days=3)) == [DAY + timedelta(days=3)]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns"])
def test_a_day_begins_at_midnight_utc(database, zone):
    with database.transaction() as session:
        session.execute(text(f"SET LOCAL TIME ZONE '{zone}'"))
        partitions.ensure(session, DAY, DAY)
    bounds = text("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = :name")
    with database.transaction() as session:
        found = session.execute(bounds, {"name": partitions.name(DAY)}).scalar_one()
    assert "FROM ('2027-05-01 00:00:00+00') TO ('2027-05-02 00:00:00+00')" in found


def test_a_partition_has_the_indexes_of_its_parent(session):
    partitions.ensure(session, DAY, DAY)
    statement = text("""
        SELECT count(*) FROM pg_inherits
        JOIN pg_index ON indexrelid = inhrelid
        WHERE indrelid = CAST(:name AS regclass)
    """)
    assert session.execute(statement, {"name": partitions.name(DAY)}).scalar_one() == 2


def test_an_event_without_a_partition_is_refused(session, project_id):
    issue = add_issue(session, project_id)
    with pytest.raises(Exception, match="no partition of relation"), session.begin_nested():
        add_event(session, issue, NOW.replace(year=2040))


def test_several_may_make_the_same_day(database):
    def make():
        with database.transaction() as session:
            partitions.ensure(session, DAY, DAY + timedelta(days=1))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert days(database) == [DAY, DAY + timedelta(days=1)]


def test_only_days_before_the_given_one_are_dropped(database, three_days):
    dropped = partitions.drop_before(database, DAY + timedelta(days=1))
    assert DAY in dropped
    assert days(database) == [DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_making_and_dropping_let_other_transactions_read_and_write(
    database, three_days, committed_project
):
    with database.transaction() as writer:
        issue = add_issue(writer, committed_project)
        add_event(writer, issue, partitions.midnight(DAY + timedelta(days=2)))
        with database.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '5s'"))
            partitions.ensure(session, date(2027, 6, 1), date(2027, 6, 1))
    assert date(2027, 6, 1) in days(database)


@pytest.fixture
def interrupted(database, three_days):
    """Killed between detaching and dropping."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            f"ALTER TABLE events DETACH PARTITION {partitions.name(DAY)} CONCURRENTLY"
        )


def test_an_interrupted_drop_is_finished_by_the_next_run(database, interrupted):
    partitions.drop_before(database, DAY + timedelta(days=1))
    with database.transaction() as session:
        left = session.execute(
            text("SELECT to_regclass(:name)"), {"name": partitions.name(DAY)}
        ).scalar_one()
    assert left is None


def test_a_detached_day_that_is_wanted_again_comes_back(database, interrupted):
    with database.transaction() as session:
        assert partitions.ensure(session, DAY, DAY) == [DAY]
    assert DAY in days(database)


def test_a_reader_makes_dropping_give_up_and_the_next_run_finish_it(
    database, three_days, monkeypatch
):
    monkeypatch.setattr(partitions, "PATIENCE", "200ms")
    with psycopg.connect(database.url) as reader:
        reader.execute("SELECT count(*) FROM events")
        with pytest.raises(OperationalError, match="lock timeout"):
            partitions.drop_before(database, DAY + timedelta(days=1))
    partitions.drop_before(database, DAY + timedelta(days=1))
    assert days(database) == [DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_impatience_is_not_left_behind(database):
    partitions.drop_before(database, date(2000, 1, 1))
    with database.transaction() as session:
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == "0"
