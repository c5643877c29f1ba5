from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.maintenance import rollup
from core.maintenance.values import Keeping
from core.model import ComponentMinute, IssueMinute
from core.store import components
from core.store.components import Delta, Slot
from tests.integration.core.rows import NOW
from tests.unit.core.store.test_components import DELTAS

pytestmark = pytest.mark.store

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
VALUES = Keeping(minute_days=1, hour_days=3)
SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def count(database):
    def add(minute, events=1, *, issue_id=1, resolution=60):
        row = {"minute": minute, "project_id": 7, "issue_id": issue_id, "resolution": resolution}
        with database.transaction() as session:
            session.add(IssueMinute(**row, events=events))

    return add


def kept(database):
    columns = (IssueMinute.issue_id, IssueMinute.resolution, IssueMinute.minute, IssueMinute.events)
    with database.transaction() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def test_minutes_become_hours_become_days(database, count):
    noon = NOW - 2 * DAY
    count(noon)
    count(noon + 59 * MINUTE, 2)
    count(noon + 60 * MINUTE, 4)
    count(NOW - 5 * DAY, 8)
    rolled = rollup.thin(database, VALUES, NOW)
    assert kept(database) == [
        (1, 3600, noon, 3),
        (1, 3600, noon + 60 * MINUTE, 4),
        (1, 86400, (NOW - 5 * DAY).replace(hour=0), 8),
    ]
    assert (rolled.rows_before, rolled.rows_after) == (5, 4)  # the oldest passes both steps


def test_young_minutes_stay(database, count):
    count(NOW - DAY)
    count(NOW - DAY - MINUTE)
    rollup.thin(database, VALUES, NOW)
    assert [row[1] for row in kept(database)] == [60, 3600]


def test_what_arrives_late_is_added(database, count):
    count(NOW - 2 * DAY, 5)
    rollup.thin(database, VALUES, NOW)
    count(NOW - 2 * DAY + MINUTE, 3)
    rollup.thin(database, VALUES, NOW)
    assert kept(database) == [(1, 3600, NOW - 2 * DAY, 8)]


def test_a_second_run_has_nothing_to_do(database, count):
    count(NOW - 2 * DAY)
    rollup.thin(database, VALUES, NOW)
    assert rollup.thin(database, VALUES, NOW) == rollup.RolledUp()


@SLOW
@given(
    rows=st.dictionaries(
        st.tuples(st.integers(1, 3), st.integers(0, 8 * 24 * 60)),
        st.integers(1, 9),
        max_size=25,
    ),
    runs=st.lists(st.integers(0, 10), max_size=3),
)
def test_no_event_is_lost_or_counted_twice(database, rows, runs):
    with database.transaction() as session:
        session.execute(IssueMinute.__table__.delete())
        for (issue_id, ago), events in rows.items():
            minute = NOW - ago * MINUTE
            session.add(IssueMinute(issue_id=issue_id, project_id=7, minute=minute, events=events))
    for days in sorted(runs):
        rollup.thin(database, VALUES, NOW + days * DAY)
    sums = select(IssueMinute.issue_id, func.sum(IssueMinute.events)).group_by(IssueMinute.issue_id)
    with database.transaction() as session:
        found = {issue_id: int(total) for issue_id, total in session.execute(sums)}
    assert found == {
        issue: sum(events for (owner, _), events in rows.items() if owner == issue)
        for issue in {owner for owner, _ in rows}
    }


@SLOW
@given(deltas=st.lists(st.tuples(st.integers(0, 300), DELTAS), min_size=1, max_size=8))
def test_what_components_did_is_kept_exactly(database, deltas):
    slots = [(Slot(7, "cart", NOW - 5 * DAY + ago * MINUTE), delta) for ago, delta in deltas]
    with database.transaction() as session:
        session.execute(ComponentMinute.__table__.delete())
        components.add(session, slots)
    rollup.thin(database, VALUES, NOW)
    with database.transaction() as session:
        [row] = session.scalars(select(ComponentMinute)).all()
        found = {name: getattr(row, name) for name in Delta.__dataclass_fields__}
    assert Delta(**found | {"duration_buckets": tuple(found["duration_buckets"])}) == sum(
        (delta for _, delta in deltas), Delta()
    )


def test_a_kill_between_two_buckets_loses_nothing(database, count):
    for hour in range(3):
        count(NOW - 2 * DAY + timedelta(hours=hour), 2)
    step = rollup.steps(VALUES, NOW)[0]
    rollup._coarsen(database, rollup.ISSUES, step, NOW - 2 * DAY)
    assert [row[1] for row in kept(database)] == [60, 60, 3600]
    assert rollup.thin(database, VALUES, NOW).buckets == 2
    assert sum(row[3] for row in kept(database)) == 6
