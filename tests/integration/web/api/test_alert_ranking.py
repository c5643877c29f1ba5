from datetime import timedelta

import pytest

from core.alerts import learning
from tests.integration.core.alerts.raising import change, fire

RANKING = "/api/v1/alert-ranking"


@pytest.fixture
def answered(database, clock):
    """Outages were acknowledged, noise was sent away, for a month; one of each fires now."""
    now = clock.now()
    with database.transaction() as session:
        for day in range(30):
            at = now - timedelta(days=day + 1)
            outage, noise = fire(session, at, "Outage"), fire(session, at, "Noise")
            change(session, outage, "acknowledged", at)
            change(session, outage, "resolved", at)
            change(session, noise, "resolved", at)
    with database.transaction() as session:
        return {name: str(fire(session, now, name).id) for name in ("Noise", "Outage")}


def test_what_people_look_at_comes_first_with_the_reason(reader, answered, database, clock):
    with database.transaction() as session:
        learnt = learning.learn(session, clock.now())
    assert (learnt["learnt"], learnt["better"], learnt["answers"]) == (True, True, 60)
    found = reader.get(RANKING).json()
    assert found["active"] is True
    assert "60 answers" in found["why"]
    assert [each["alert"]["id"] for each in found["alerts"]] == [
        answered["Outage"],
        answered["Noise"],
    ]
    first, last = found["alerts"]
    assert first["probability"] > 0.8
    assert last["probability"] < 0.2
    assert first["reasons"][0]["shift"] > 0
    assert {each["feature"] for each in first["reasons"]} <= {"rule=Outage", "rule=Noise"}


def test_it_is_off_and_says_why(reader, database, clock):
    with database.transaction() as session:
        assert learning.learn(session, clock.now())["learnt"] is False
    found = reader.get(RANKING).json()
    assert (found["active"], found["alerts"]) == (False, [])
    assert found["why"].startswith("0 alerts were answered")


def test_what_was_learnt_long_ago_is_not_used(reader, answered, database, clock):
    with database.transaction() as session:
        learning.learn(session, clock.now() - timedelta(days=15))
    found = reader.get(RANKING).json()
    assert found["active"] is False
    assert "once a day" in found["why"]
