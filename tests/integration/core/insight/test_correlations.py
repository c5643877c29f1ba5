from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.insight import correlations, groups
from core.insight.groups import NoGroupError
from core.model import CorrelationGroup, CorrelationMember, Visitor
from tests.integration.core.insight.rows import count, meet
from tests.integration.core.rows import NOW, add_event, add_issue

MINUTE = timedelta(minutes=1)
DATABASE = {"category": "connection", "family": "database", "component": "db"}


def burst(session, issue, minutes_ago=2, events=20, *, seconds=0):
    count(session, issue, events, minutes_ago=minutes_ago)
    add_event(session, issue, NOW - minutes_ago * MINUTE + timedelta(seconds=seconds))


@pytest.fixture
def cascade(session, project_id):
    """A database that went down, and the API behind it."""
    database = add_issue(session, project_id, **DATABASE)
    behind = [add_issue(session, project_id, component="web", family="api") for _ in range(6)]
    burst(session, database, seconds=3)
    for place, issue in enumerate(behind):
        burst(session, issue, seconds=20 + place)
    return [database, *behind]


def only(session):
    return session.scalars(select(CorrelationGroup)).one()


def test_the_database_is_suspected_with_reasons(session, cascade):
    assert correlations.evaluate(session, NOW).begun == 1
    found = only(session)
    assert (found.suspect_id, found.state, found.issue_count) == (cascade[0].id, "open", 7)
    assert (found.event_count, found.confidence > 0.5) == (140, True)
    assert "It began first, 17 s before the next of 6 others." in found.reasons
    members = groups.members(session, found.id)
    assert members[0][1].id == cascade[0].id
    assert members[0][0].onset == NOW - 2 * MINUTE + timedelta(seconds=3)


def test_a_run_that_is_repeated_writes_the_same(session, cascade):
    def rows():
        return [
            (member.issue_id, member.place, member.events, member.onset, tuple(member.reasons))
            for member in session.scalars(select(CorrelationMember).order_by("place"))
        ]

    correlations.evaluate(session, NOW)
    first = rows()
    again = correlations.evaluate(session, NOW)
    assert (again.begun, again.continued) == (0, 1)
    assert rows() == first


def test_those_that_follow_join_the_group(session, project_id, cascade):
    correlations.evaluate(session, NOW)
    for _ in range(3):
        count(session, add_issue(session, project_id), 9, minutes_ago=0)
    correlations.evaluate(session, NOW + 2 * MINUTE)
    found = only(session)
    assert (found.issue_count, found.suspect_id) == (10, cascade[0].id)
    assert found.last_at == NOW + 2 * MINUTE


def test_a_group_ends_when_it_is_quiet(session, cascade):
    correlations.evaluate(session, NOW)
    assert correlations.evaluate(session, NOW + 9 * MINUTE).closed == 0
    assert correlations.evaluate(session, NOW + 12 * MINUTE).closed == 1
    assert only(session).closed_at == NOW + 12 * MINUTE
    assert correlations.evaluate(session, NOW + 13 * MINUTE).closed == 0


def test_shared_traces_are_counted(session, cascade):
    for issue in cascade[:4]:
        meet(session, issue, [5], kind=Visitor.TRACE.value)
    correlations.evaluate(session, NOW)
    member = groups.members(session, only(session).id)[0][0]
    assert member.shared_traces == 3
    assert "It shares traces with 3 of 6 other issues." in member.reasons


def test_what_is_always_that_busy_is_no_burst(session, project_id):
    for _ in range(5):
        issue = add_issue(session, project_id, first_seen=NOW - timedelta(days=9))
        for minutes in range(1, 130):
            count(session, issue, 4, minutes_ago=minutes)
    assert correlations.evaluate(session, NOW) == correlations.Evaluated()


def test_bursts_of_several_projects_stay_apart(session, project_id, cascade):
    correlations.evaluate(session, NOW)
    assert groups.page(session, project_id=project_id).rows
    assert not groups.page(session, project_id=project_id + 1).rows
    with pytest.raises(NoGroupError):
        groups.get(session, only(session).id, project_id + 1)


def test_an_issue_knows_its_groups(session, cascade):
    correlations.evaluate(session, NOW)
    (found,) = groups.of_issue(session, [cascade[3].id])
    assert found.id == only(session).id


def test_nothing_is_nothing(session, project_id):
    assert correlations.evaluate(session, NOW) == correlations.Evaluated()
    assert session.scalar(select(func.count()).select_from(CorrelationGroup)) == 0
