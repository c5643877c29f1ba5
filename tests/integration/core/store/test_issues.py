import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model import IssueMinute, IssueTransition
from core.store import issues
from core.store.issues import Count, IssueFilter, IssueNotFoundError, Sort, Window
from tests.integration.core.rows import NOW, add_issue, add_key, add_project

pytestmark = pytest.mark.store

MINUTE = timedelta(minutes=1)


@pytest.fixture
def found(session):
    def titles(**wanted):
        page = issues.page(session, IssueFilter(**wanted))
        return {row[0].title for row in page.rows}

    return titles


@pytest.fixture
def three(session, project_id):
    values = {
        "timeout": {"category": "timeout", "component": "cart", "level": "warning"},
        "refused": {"category": "connection", "component": "cart", "status": "resolved"},
        "100% wrong_name": {"culprit": "billing.Total in sum"},
    }
    return {
        title: add_issue(session, project_id, title=title, **rest) for title, rest in values.items()
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, {"timeout", "refused", "100% wrong_name"}),
        ({"statuses": ["resolved"]}, {"refused"}),
        ({"statuses": ["resolved", "unresolved"], "components": ["cart"]}, {"timeout", "refused"}),
        ({"levels": ["warning"]}, {"timeout"}),
        ({"categories": ["timeout", "bug"]}, {"timeout", "100% wrong_name"}),
        ({"query": "TIME"}, {"timeout"}),
        ({"query": "total wrong"}, {"100% wrong_name"}),
        ({"query": "total timeout"}, set()),
        ({"query": "0%"}, {"100% wrong_name"}),
        ({"query": "wrong.name"}, set()),
        ({"projects": [0]}, set()),
    ],
)
def test_filters(three, found, wanted, expected):
    assert found(**wanted) == expected


def test_a_project_has_its_own_issues(session, three, project_id, found):
    other = add_project(session, "other")
    add_issue(session, other, title="elsewhere")
    assert found(projects=[other]) == {"elsewhere"}
    assert "elsewhere" not in found(projects=[project_id])


def test_merged_issues_stand_behind_their_target(session, three, found):
    three["timeout"].merged_into = three["refused"].id
    session.flush()
    assert found() == {"refused", "100% wrong_name"}


def test_a_filter_names_issues_for_a_change_of_many(session, three):
    wanted = IssueFilter(components=["cart"])
    ids = [three["timeout"].id, three["refused"].id]
    assert issues.chosen(session, wanted, limit=10) == ids
    assert issues.chosen(session, wanted, limit=1) == ids[:1]


def test_one_issue(session, three):
    timeout = three["timeout"]
    assert issues.get(session, timeout.id) == timeout
    assert issues.of_project(session, timeout.id, None) == timeout
    assert issues.of_project(session, timeout.id, timeout.project_id) == timeout


def test_an_issue_of_another_project_is_not_there(session, three):
    with pytest.raises(IssueNotFoundError):
        issues.of_project(session, three["timeout"].id, three["timeout"].project_id + 1)
    with pytest.raises(IssueNotFoundError):
        issues.get(session, 0)


def test_keys_by_issue(session, three):
    add_key(session, three["timeout"], "b2")
    add_key(session, three["timeout"], "a1")
    ids = [three["timeout"].id, three["refused"].id]
    assert issues.keys(session, ids) == {ids[0]: ["a1", "b2"], ids[1]: []}


def test_history_is_newest_first(session, three):
    issue = three["timeout"]
    for minute, new in enumerate(["resolved", "regressed"]):
        moment = NOW + minute * MINUTE
        session.add(IssueTransition(issue_id=issue.id, new=new, reason="r", actor="me", at=moment))
    session.flush()
    assert [t.new for t in issues.transitions(session, issue.id)] == ["regressed", "resolved"]


@pytest.fixture
def counted(session, three):
    """Three events at noon, one a minute later, two an hour later, of two issues."""
    issue, other = three["timeout"], three["refused"]
    rows = [(issue, 0, 2), (other, 0, 1), (issue, 1, 1), (issue, 60, 2)]
    for owner, minutes, count in rows:
        session.add(
            IssueMinute(
                issue_id=owner.id,
                project_id=owner.project_id,
                minute=NOW + minutes * MINUTE,
                events=count,
            )
        )
    session.flush()
    return [issue.id, other.id]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (60, [Count(NOW, 3), Count(NOW + MINUTE, 1), Count(NOW + 60 * MINUTE, 2)]),
        (3600, [Count(NOW, 4), Count(NOW + 60 * MINUTE, 2)]),
        (86400, [Count(NOW, 6)]),
    ],
)
def test_a_trend_counts_by_step(session, counted, step, expected):
    window = Window(NOW, NOW + timedelta(days=1), step)
    assert issues.trend(session, counted, window) == expected


def test_a_trend_has_a_beginning_and_an_end(session, counted):
    window = Window(NOW + MINUTE, NOW + 60 * MINUTE)
    assert issues.trend(session, counted, window) == [Count(NOW + MINUTE, 1)]


def test_the_trend_of_a_project(session, counted, project_id):
    window = Window(NOW, NOW + MINUTE)
    assert issues.project_trend(session, project_id, window) == [Count(NOW, 3)]
    assert issues.project_trend(session, project_id + 1, window) == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    places=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12),
    sort=st.sampled_from(Sort),
    limit=st.integers(1, 5),
)
def test_pages_show_every_issue_once_in_both_directions(session, places, sort, limit):
    with session.begin_nested() as inner:
        project = add_project(session, uuid.uuid4().hex)
        for seconds, count in places:
            moment = NOW + timedelta(seconds=seconds)
            add_issue(session, project, last_seen=moment, first_seen=moment, event_count=count)
        forwards, backwards = walks(session, IssueFilter(projects=[project]), sort, limit)
        inner.rollback()
    assert forwards == backwards == sorted(forwards, reverse=True)
    assert len(set(forwards)) == len(places)


def walks(session, wanted, sort, limit):
    column = "event_count" if sort is Sort.EVENTS else sort.value

    def look(cursor=None):
        page = issues.page(session, wanted, sort=sort, cursor=cursor, limit=limit)
        return page, [(getattr(row[0], column), row[0].id) for row in page.rows]

    page, forwards = look()
    backwards = forwards
    while page.has_next:
        page, backwards = look(page.next)
        forwards = forwards + backwards
    while page.has_previous:
        page, places = look(page.previous)
        backwards = places + backwards
    return forwards, backwards
