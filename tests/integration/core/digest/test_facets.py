from datetime import timedelta

import pytest

from core.digest import facets
from tests.integration.core.digest.world import failure

ISSUE = "SELECT value, events FROM issue_facets WHERE kind = :kind ORDER BY value"
MET = "SELECT count(*) FROM issue_visitors WHERE kind = :kind"


def user(number, identity, **fields):
    return failure(number, user={"id": identity}, **fields)


def traced(number, trace_id):
    return failure(number, contexts={"trace": {"trace_id": trace_id}})


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ({"user": {"id": 42}}, "id:42"),
        ({"user": {"id": None, "email": "a@b.example"}}, "email:a@b.example"),
        ({"user": {"id": "[Filtered]", "ip_address": "{{auto}}"}}, None),
        ({"user": {"id": {"deep": 1}, "username": "ann"}}, "username:ann"),
        ({"user": "ann"}, None),
        ({}, None),
    ],
)
def test_the_surest_name_tells_users_apart(event, name):
    assert facets.user(event) == name


def test_a_trace_of_zeros_is_none():
    assert facets.trace({"contexts": {"trace": {"trace_id": "0" * 32}}}) is None
    assert facets.trace({"contexts": {"trace": {"trace_id": "AB" * 16}}}) == "ab" * 16
    assert facets.trace({"contexts": {"trace": 7}}) is None


def test_events_are_counted_by_release_environment_and_component(world):
    told = {"release": "shop@1", "environment": "live"}
    world.put(failure(1, **told), failure(2, **told), failure(3, tags={"component": "cart"}))
    world.digest()
    world.put(failure(4, release="shop@2"), failure(5, **told))
    world.digest()
    assert world.rows(ISSUE, kind=1) == [("shop@1", 3), ("shop@2", 1)]
    assert world.rows(ISSUE, kind=2) == [("live", 3)]
    assert world.rows(ISSUE, kind=3) == [("cart", 1)]


def test_a_user_is_one_however_often_he_comes(world):
    world.put(user(1, "ann"), user(2, "ann"), user(3, "bob"))
    world.digest()
    world.put(user(4, "ann"), user(5, "cy", kind="KeyError"))
    world.digest()
    assert world.rows("SELECT count(*) FROM issue_visitors GROUP BY issue_id ORDER BY 1") == [
        (1,),
        (2,),
    ]


def test_no_name_is_stored_and_another_key_gives_another_hash():
    one = facets.hash_of(1, "id:ann", seal=b"k" * 32)
    assert 0 <= one < 2**63
    assert one != facets.hash_of(1, "id:ann", seal=b"x" * 32)
    assert one != facets.hash_of(2, "id:ann", seal=b"k" * 32)


def test_few_traces_of_an_issue_stay_and_they_are_the_same_everywhere(world):
    world.put(*(traced(n, f"{n:032x}") for n in range(1, 20)))
    world.put(*(traced(50 + n, f"{n:032x}") | {"fingerprint": ["b"]} for n in range(1, 20)))
    world.digest()
    assert world.one(MET, kind=2) == 2 * facets.TRACES
    assert world.one("SELECT count(DISTINCT hash) FROM issue_visitors") == facets.TRACES


def test_hashes_above_the_limit_are_left_out(world):
    world.put(user(1, "ann"))
    world.digest()
    world.execute(
        "INSERT INTO visitor_limits SELECT project_id, kind, issue_id, 0, seen_at"
        " FROM issue_visitors"
    )
    world.put(*(user(n, f"u{n}") for n in range(2, 9)))
    world.digest()
    assert world.one(MET, kind=1) == 1


def test_a_user_who_comes_back_is_seen_anew(world):
    for number in (1, 2):
        world.put(user(number, "ann"))
        world.digest()
        world.clock.advance(3_600)
    assert world.one("SELECT seen_at FROM issue_visitors") == world.clock.now() - timedelta(hours=1)


def test_places_are_noted_with_their_first_and_last_moment(world):
    early, late = "2026-03-01T11:00:00.000Z", "2026-03-01T11:30:00.000Z"
    world.put(failure(1, release="shop@1", timestamp=late))
    world.digest()
    world.put(failure(2, release="shop@1", timestamp=early), failure(3))
    world.digest()
    found = world.rows(
        "SELECT release, last_seen - first_seen FROM sightings ORDER BY release DESC"
    )
    assert found[0] == ("shop@1", timedelta(minutes=30))
    assert found[1][0] == ""
