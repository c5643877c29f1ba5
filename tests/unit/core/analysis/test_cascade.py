from datetime import UTC, datetime, timedelta

import pytest

from core.analysis.cascade import MOST_MEMBERS, Burst, bursts, cascades

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def burst(issue_id, seconds=0, *, events=20, **values):
    plain = {"past": (0,) * 24, "category": "bug", "family": "api", "component": "web"}
    onset = NOON + timedelta(seconds=seconds)
    return Burst(issue_id=issue_id, onset=onset, events=events, **(plain | values))


def database(issue_id, seconds=0, **values):
    told = {"category": "connection", "family": "database", "component": "db"}
    return burst(issue_id, seconds, **(told | values))


@pytest.mark.parametrize(
    ("events", "past", "answer"),
    [(4, [], False), (5, [], True), (5, [0] * 24, True), (12, [10] * 24, False),
     (40, [10] * 24, True), (300, [250, 310, 290] * 8, False)],
)  # fmt: skip
def test_a_burst_is_more_than_usual(events, past, answer):
    assert bursts(events, past) is answer


def test_the_database_in_front_of_the_api_is_the_suspect():
    (found,) = cascades([database(1), *(burst(n, 20 + n) for n in range(2, 12))])
    assert found.members[0].burst.issue_id == 1
    assert found.confidence >= 0.6
    assert found.started_at == NOON
    assert found.reasons[1] == "It began first, 22 s before the next of 10 others."
    assert "It is of a kind that others depend on: database and connection." in found.reasons


def test_shared_traces_make_it_surer():
    traced = [burst(n, 20, traces=frozenset({n})) for n in range(2, 6)]
    (alone,) = cascades([database(1), *traced])
    (shared,) = cascades([database(1, traces=frozenset({2, 3, 4, 5})), *traced])
    assert shared.confidence > alone.confidence
    assert shared.members[0].shared_traces == 4


def test_even_if_it_is_seen_a_little_later():
    found = cascades([burst(2, 0), database(1, 4), *(burst(n, 20) for n in range(3, 9))])
    assert found[0].members[0].burst.issue_id == 1


def test_likes_have_no_suspect():
    (found,) = cascades([burst(n) for n in range(1, 5)])
    assert found.confidence == 0
    assert "None of them stands out" in found.reasons[1]


def test_two_are_no_cascade():
    assert cascades([database(1), burst(2)]) == []


def test_what_began_at_another_time_is_another_group():
    later = [burst(n, 600) for n in range(4, 8)]
    found = cascades([*(burst(n) for n in range(1, 4)), *later])
    assert [[m.burst.issue_id for m in group.members] for group in found] == [
        [1, 2, 3],
        [4, 5, 6, 7],
    ]


def test_the_largest_are_kept_of_too_many():
    (found,) = cascades([burst(n, events=10 + n) for n in range(200)])
    assert len(found.members) == MOST_MEMBERS
    assert min(member.burst.events for member in found.members) == 10 + 150


def test_the_order_of_the_bursts_makes_no_difference():
    group = [database(1, 3), *(burst(n, n) for n in range(2, 9))]
    assert cascades(group) == cascades(group[::-1])
