from datetime import timedelta

import pytest

from core.insight import changes
from tests.integration.core.insight.rows import sight
from tests.integration.core.rows import NOW, add_issue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def known(session, project_id):
    """What has been there for long."""
    first = NOW - timedelta(days=30)
    sight(session, project_id, "1.0", "live", "cart", first=first)


def told(session, project_id, **values):
    issue = add_issue(session, project_id, **values)
    return [(each.kind, each.value, each.seconds_before) for each in changes.before(session, issue)]


def test_a_release_that_came_just_before(session, project_id, known):
    sight(session, project_id, "1.1", "live", "cart", first=NOW - 3 * MINUTE)
    issue = add_issue(session, project_id, first_release="1.1")
    add_issue(session, project_id, first_release="1.1")
    (found,) = changes.before(session, issue)
    assert (found.kind, found.value, found.seconds_before, found.issues) == (
        "release",
        "1.1",
        180,
        2,
    )
    assert found.reason == (
        "The release 1.1 was first seen 3.0 min before the issue, which began in it; "
        "2 issues were first seen in it."
    )


def test_a_release_that_reached_another_place(session, project_id, known):
    sight(session, project_id, "1.0", "test", "cart", first=NOW - 5 * MINUTE)
    assert told(session, project_id) == [
        ("environment", "test", 300),
        ("release in test, cart", "1.0", 300),
    ]


def test_the_nearest_comes_first(session, project_id, known):
    for minutes in (50, 7):
        sight(session, project_id, f"2.{minutes}", first=NOW - minutes * MINUTE)
    assert [value for _, value, _ in told(session, project_id)] == ["2.7", "2.50"]


@pytest.mark.parametrize("first", [NOW - timedelta(days=2), NOW + MINUTE])
def test_what_came_long_before_or_after_is_no_change(session, project_id, known, first):
    sight(session, project_id, "1.1", first=first)
    assert told(session, project_id) == []


def test_what_was_there_from_the_beginning_is_no_change(session, project_id):
    sight(session, project_id, "1.0", "live", "cart", first=NOW - MINUTE)
    assert told(session, project_id) == []
