from datetime import timedelta

import pytest

from core.analysis.impact import Trend
from core.insight import impact
from core.issues import merging
from core.model import Facet
from tests.integration.core.insight.rows import count, facet, meet, sight
from tests.integration.core.rows import NOW, add_issue

DAY = timedelta(days=1)


@pytest.fixture
def issue(session, project_id):
    return add_issue(session, project_id, first_seen=NOW - 3 * DAY)


def test_users_and_their_share_of_all(session, project_id, issue):
    other = add_issue(session, project_id)
    meet(session, issue, [1, 2])
    meet(session, issue, [3], at=NOW - 2 * DAY)
    meet(session, other, [2, 4, 5])
    found = impact.of_issue(session, issue, NOW)
    assert (found.users.count, found.users_now.count) == (3, 2)
    share = found.blast_radius.shares["users"]
    assert (share.part, share.whole) == (2, 4)


def test_values_come_with_counts_the_most_frequent_first(session, issue):
    facet(session, issue, Facet.RELEASE, "1.0", 3)
    facet(session, issue, Facet.RELEASE, "1.1", 9)
    facet(session, issue, Facet.ENVIRONMENT, "live", 12)
    found = impact.of_issue(session, issue, NOW)
    assert [(each.value, each.events) for each in found.releases] == [("1.1", 9), ("1.0", 3)]
    assert [each.value for each in found.environments] == ["live"]


def test_components_it_hits_of_those_that_fail(session, project_id, issue):
    facet(session, issue, Facet.COMPONENT, "cart")
    facet(session, issue, Facet.COMPONENT, "old", seen=NOW - 2 * DAY)
    for component in ("cart", "pay", "mail", "web"):
        sight(session, project_id, component=component)
    found = impact.of_issue(session, issue, NOW).blast_radius
    assert (found.shares["components"].part, found.shares["components"].whole) == (1, 4)
    assert found.widest == "components"


def test_what_it_hits_counts_beyond_what_is_shown(session, project_id, issue):
    """And beside frequent ones that are long past."""
    for number in range(30):
        facet(session, issue, Facet.COMPONENT, f"part-{number}")
        facet(session, issue, Facet.COMPONENT, f"old-{number}", 9, seen=NOW - 2 * DAY)
        sight(session, project_id, component=f"part-{number}")
    found = impact.of_issue(session, issue, NOW)
    share = found.blast_radius.shares["components"]
    assert (share.part, share.whole, len(found.components)) == (30, 30, 20)


def test_the_rate_is_compared_with_the_hours_before(session, issue):
    for hours in range(2, 40):
        count(session, issue, 10, minutes_ago=60 * hours - 30)
    count(session, issue, 80, minutes_ago=20)
    found = impact.of_issue(session, issue, NOW).rate
    assert (found.events, found.usual, found.trend) == (80, 10, Trend.RISING)


def test_a_young_issue_has_no_past(session, project_id):
    young = add_issue(session, project_id, first_seen=NOW - timedelta(minutes=20))
    count(session, young, 5, minutes_ago=10)
    found = impact.of_issue(session, young, NOW).rate
    assert (found.events, found.trend) == (5, Trend.NEW)


def test_its_share_of_all_events(session, project_id, issue):
    count(session, issue, 25, minutes_ago=30)
    count(session, add_issue(session, project_id), 75, minutes_ago=30)
    assert impact.of_issue(session, issue, NOW).share.share == 0.25


def test_what_was_merged_counts_along(session, project_id, issue):
    source = add_issue(session, project_id)
    meet(session, issue, [1, 2])
    meet(session, source, [2, 3])
    facet(session, issue, Facet.RELEASE, "1.0", 3)
    facet(session, source, Facet.RELEASE, "1.0", 4)
    merging.merge(session, issue.id, [source.id], actor="ann", now=NOW)
    found = impact.of_issue(session, issue, NOW)
    assert found.users.count == 3
    assert found.releases[0].events == 7


def test_nothing_known_is_told_as_such(session, issue):
    found = impact.of_issue(session, issue, NOW)
    assert found.blast_radius.reason == "Nothing is known of whom or what it hits."
    assert (found.users.count, found.share.share) == (0, 0)
