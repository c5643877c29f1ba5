import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.issues import merging
from core.store import events, issues
from core.store.events import EventNotFoundError
from tests.integration.core.rows import NOW, add_event, add_issue, add_project

pytestmark = pytest.mark.store

SECOND = timedelta(seconds=1)


@pytest.fixture
def issue(session, project_id):
    return add_issue(session, project_id, keys=["a1", "b2"])


def test_an_event_is_found_by_its_id(session, issue):
    event_id = add_event(session, issue, NOW, payload=b"\x00zstd")
    found = events.find(session, event_id)
    assert (found.event.received_at, found.event.payload) == (NOW, b"\x00zstd")
    assert (found.issue.id, found.issue_keys) == (issue.id, ("a1", "b2"))


def test_an_unknown_event_is_named(session):
    with pytest.raises(EventNotFoundError):
        events.find(session, uuid.uuid4())


def test_an_id_whose_event_is_gone_is_unknown(session, issue):
    event_id = add_event(session, issue)
    session.delete(events.find(session, event_id).event)
    session.flush()
    with pytest.raises(EventNotFoundError):
        events.find(session, event_id)


def test_the_same_id_in_two_projects_are_two_events(session, issue):
    other = add_issue(session, add_project(session, "other"))
    event_id = add_event(session, issue)
    add_event(session, other, NOW + SECOND, event_id=event_id)
    assert events.find(session, event_id).issue == other
    assert events.find(session, event_id, project_id=issue.project_id).issue == issue


def test_an_event_of_a_merged_issue_shows_the_one_that_took_it_over(session, issue):
    event_id = add_event(session, issue)
    middle, top = (add_issue(session, issue.project_id) for _ in range(2))
    merging.merge(session, middle.id, [issue.id], actor="me", now=NOW)
    merging.merge(session, top.id, [middle.id], actor="me", now=NOW)
    assert events.find(session, event_id).issue == top
    page = events.of_issues(session, issues.family(session, top.id))
    assert [row[0].event_id for row in page.rows] == [event_id]


def test_finding_an_event_opens_one_partition(session, issue):
    """The plan names the day's partition and no other."""
    add_event(session, issue)
    connection = session.connection()
    plan = connection.exec_driver_sql(
        "EXPLAIN SELECT * FROM events WHERE event_id = %s AND received_at = %s",
        (uuid.uuid4(), NOW),
    ).scalars()
    text = "\n".join(plan)
    assert "events_20260301" in text
    assert "events_20260302" not in text


def test_the_newest_event_with_a_payload(session, issue):
    kept = add_event(session, issue, NOW)
    add_event(session, issue, NOW + SECOND, payload=None, thinned=True)
    assert events.newest(session, [issue.id], since=NOW).event_id == kept
    assert events.newest(session, [issue.id], since=NOW + SECOND) is None


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    offsets=st.lists(st.integers(0, 3), max_size=12),
    limit=st.integers(1, 5),
    days=st.integers(0, 1),
    owners=st.integers(1, 3),
)
def test_pages_show_every_event_once_in_both_directions(session, offsets, limit, days, owners):
    with session.begin_nested() as inner:
        project = add_project(session, uuid.uuid4().hex)
        family = [add_issue(session, project) for _ in range(owners)]
        for place, n in enumerate(offsets):
            moment = NOW + n * SECOND + timedelta(days=days * (n % 2))
            add_event(session, family[place % owners], moment)
        ids = [issue.id for issue in family]
        forwards, last = walk(session, ids, limit)
        backwards = walk_back(session, ids, limit, last)
        inner.rollback()
    assert len(set(forwards)) == len(forwards) == len(offsets)
    assert backwards == forwards == sorted(forwards, reverse=True)


def places(page):
    return [(row[0].received_at, row[0].event_id) for row in page.rows]


def walk(session, ids, limit):
    page = events.of_issues(session, ids, limit=limit)
    seen = places(page)
    while page.has_next:
        page = events.of_issues(session, ids, cursor=page.next, limit=limit)
        seen += places(page)
    return seen, page


def walk_back(session, ids, limit, page):
    seen = places(page)
    while page.has_previous:
        page = events.of_issues(session, ids, cursor=page.previous, limit=limit)
        seen = places(page) + seen
    return seen
