import pytest

from core.insight import related
from core.issues import merging
from core.model import VisitorLimit
from tests.integration.core.insight.rows import count, meet
from tests.integration.core.rows import NOW, add_issue


@pytest.fixture
def issue(session, project_id):
    return add_issue(session, project_id)


def hints(session, issue):
    return [
        (found.issue.id, [hint.together.basis for hint in found.hints])
        for found in related.of_issue(session, issue, NOW)
    ]


def test_issues_of_the_same_minutes_come_together(session, project_id, issue):
    other, noise = (add_issue(session, project_id) for _ in range(2))
    for minutes in range(10, 400, 13):
        count(session, issue, 1, minutes_ago=minutes)
        count(session, other, 2, minutes_ago=minutes)
    for minutes in range(5, 400, 7):
        count(session, noise, 1, minutes_ago=minutes)
    assert hints(session, issue) == [(other.id, ["minutes"])]
    (hint,) = related.of_issue(session, issue, NOW)[0].hints
    assert (hint.together.shared, hint.together.own, hint.together.theirs) == (30, 30, 30)
    assert "Comes together with it in 30 minutes of its 30" in hint.reason


def test_what_always_fails_comes_together_with_nothing(session, project_id, issue):
    always = add_issue(session, project_id)
    for minutes in range(1, 180):
        count(session, always, 1, minutes_ago=minutes)
        if minutes % 6 == 0:
            count(session, issue, 1, minutes_ago=minutes)
    assert hints(session, issue) == []


def test_shared_traces_and_users_tell_more(session, project_id, issue):
    other, noise = (add_issue(session, project_id) for _ in range(2))
    meet(session, issue, range(12), kind=2)
    meet(session, other, range(2, 14), kind=2)
    meet(session, issue, range(100, 110))
    meet(session, other, range(100, 110))
    meet(session, noise, range(400, 500), kind=2)
    meet(session, noise, range(109, 400))
    assert hints(session, issue) == [(other.id, ["users", "traces"])]


def test_samples_are_compared_where_both_are_whole(session, project_id, issue):
    other = add_issue(session, project_id)
    meet(session, issue, range(0, 2**62, 2**55))
    meet(session, other, range(0, 2**60, 2**55))
    limit = VisitorLimit(project_id=project_id, kind=1, issue_id=other.id, below=2**60, set_at=NOW)
    session.add(limit)
    meet(session, add_issue(session, project_id), range(1, 2**62, 2**53))
    found = related.of_issue(session, issue, NOW)
    (hint,) = found[0].hints
    assert (hint.together.shared, hint.together.own, hint.together.theirs) == (32, 32, 32)


def test_merged_issues_are_told_as_one(session, project_id, issue):
    target, source = (add_issue(session, project_id) for _ in range(2))
    for minutes in range(10, 300, 10):
        count(session, issue, 1, minutes_ago=minutes)
        count(session, source, 1, minutes_ago=minutes)
    merging.merge(session, target.id, [source.id], actor="ann", now=NOW)
    assert hints(session, issue) == [(target.id, ["minutes"])]
    merging.merge(session, issue.id, [target.id], actor="ann", now=NOW)
    assert hints(session, issue) == []
