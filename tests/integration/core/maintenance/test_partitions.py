from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core.maintenance import partitions as upkeep
from core.maintenance.values import Keeping
from core.model import Event, EventId
from core.store import partitions
from tests.integration.core.rows import NOW, add_event, add_issue

pytestmark = pytest.mark.store

DAY = timedelta(days=1)
VALUES = Keeping(event_days=2, partition_days_ahead=3)


@pytest.fixture
def old_and_new(database, committed_project):
    """Events of the last six days at noon and at the last moment of the day, two each."""
    first = NOW - 5 * DAY
    with database.transaction() as session:
        partitions.ensure(session, first.date(), NOW.date())
        issue = add_issue(session, committed_project)
        for n in range(6):
            add_event(session, issue, first + n * DAY)
            add_event(session, issue, first.replace(hour=23, minute=59, second=59) + n * DAY)


def counts(database):
    with database.transaction() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) for table in (Event, EventId)
        ]


def test_there_is_always_room_ahead(database):
    later = NOW.replace(year=2028)
    kept = upkeep.keep(database, VALUES, later)
    assert kept.made == tuple((later + n * DAY).date() for n in range(-1, 4))
    assert kept.missing == ()


def test_a_second_run_has_nothing_to_do(database):
    upkeep.keep(database, VALUES, NOW)
    again = upkeep.keep(database, VALUES, NOW)
    assert (again.made, again.dropped, again.ids_forgotten) == ((), (), 0)


def test_old_events_go_by_whole_days_and_their_ids_with_them(database, old_and_new):
    kept = upkeep.keep(database, VALUES, NOW)
    assert kept.dropped == tuple((NOW - n * DAY).date() for n in (5, 4, 3))
    assert kept.ids_forgotten == 6
    assert counts(database) == [6, 6]


# More events of one old day than fit on a page.
MANY = text("""
    WITH made AS (
        INSERT INTO events (event_id, project_id, issue_id, received_at, timestamp, level,
                            category, transient, severity, payload)
        SELECT gen_random_uuid(), 7, 1, CAST(:day AS timestamptz), :day, 'error',
               'bug', false, 'low', decode(repeat('00', 200), 'hex')
        FROM generate_series(1, 500)
        RETURNING event_id, project_id, received_at
    )
    INSERT INTO event_ids SELECT * FROM made
""")


def test_ids_are_forgotten_in_several_steps(database, old_and_new, monkeypatch):
    monkeypatch.setattr(upkeep, "PAGES", 1)
    with database.transaction() as session:
        session.execute(MANY, {"day": NOW - 4 * DAY})
    assert upkeep.keep(database, VALUES, NOW).ids_forgotten == 506
    assert counts(database) == [6, 6]


def test_a_run_that_was_killed_is_finished_by_the_next(database, old_and_new):
    upkeep._forget_ids_of(database, partitions.name((NOW - 5 * DAY).date()))
    kept = upkeep.keep(database, VALUES, NOW)
    assert kept.ids_forgotten == 4
    assert counts(database) == [6, 6]


def test_a_run_tells_what_is_missing_after_it(database):
    later = NOW.replace(year=2028)
    kept = upkeep.keep(database, Keeping(partition_days_ahead=0), later)
    assert kept.missing == ((later + DAY).date(),)


def test_a_missing_tomorrow_is_told(database):
    with database.transaction() as session:
        present = partitions.days(session)
        last = max(day for day in present if day < NOW.date() + timedelta(days=60))
        at_the_end = NOW.replace(year=last.year, month=last.month, day=last.day)
        assert upkeep.missing(session, at_the_end) == [last + DAY]
        assert upkeep.missing(session, NOW) == []
