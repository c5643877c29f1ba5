"""Silences over HTTP: made, looked at before, listed, ended."""

import pytest
from sqlalchemy import select

from core.model import AuditEntry, SilenceRow
from tests.integration.core.alerts.raising import Desk, fire

SILENCES = "/api/v1/silences"
QUIET = {"scope": "rule", "subject": "High error rate", "reason": "known", "until_resolved": True}


@pytest.fixture
def firing(database, clock):
    with database.transaction() as session:
        return fire(session, clock.now()).id


def test_a_silence_is_made_once_listed_and_ended(operator, firing, database):
    headers = {"Idempotency-Key": "one"}
    made = [operator.post(SILENCES, json=QUIET, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    (listed,) = operator.get(SILENCES).json()
    assert listed == made[1].json()
    assert (listed["phase"], listed["ends"]) == ("active", "until it is resolved")
    ended = operator.delete(f"{SILENCES}/{listed['id']}").json()
    assert ended["phase"] == "expired"
    assert operator.get(f"{SILENCES}?expired=false").json() == []
    with database.transaction() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject == "silence")).all()
    assert acts == ["silence.created", "silence.expired"]


def test_what_it_would_keep_quiet_is_told_before(operator, firing, database):
    body = {"matchers": ['component=~"check.*"'], "reason": "look"}
    assert operator.post(f"{SILENCES}/preview", json=body).json() == {
        "alerts": 1,
        "alert_ids": [str(firing)],
    }
    with database.transaction() as session:
        assert session.scalars(select(SilenceRow)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"subject": ""},
        {"until": "2001-01-01T00:00:00Z"},
        {"scope": "labels", "matchers": []},
        {"scope": "labels", "matchers": ["nonsense"]},
        {"scope": "labels", "matchers": ['a=~"("']},
        {"scope": "labels", "matchers": ['a=~"a["']},
        {"scope": "labels", "matchers": ['a=~"(?!b)a"']},
        {"scope": "issue", "subject": "abc"},
        {"scope": "issue", "subject": "²"},
        {"scope": "issue", "subject": "9" * 30},
        {"until": "9999-12-31T23:59:59-05:00"},
        {"starts_at": "0001-01-01T00:00:00+05:00"},
        {"window": {"cron": "every day at noon", "minutes": 5}},
        {"window": {"cron": "0 2 * * *", "minutes": 5, "zone": "Nowhere/Town"}},
        {"forever": True},
    ],
)
def test_what_is_wrong_is_refused(operator, wrong):
    assert operator.post(SILENCES, json=QUIET | wrong).status_code == 422
    assert operator.get(SILENCES).json() == []


def test_an_end_in_another_zone_is_told_in_ours(operator):
    made = operator.post(SILENCES, json=QUIET | {"until": "2050-01-01T10:00:00+05:30"}).json()
    assert made["ends"] == "until 2050-01-01 04:30 UTC or until it is resolved"
    assert made["until"] == "2050-01-01T04:30:00.000Z"


def test_readers_only_read_and_strangers_see_nothing(reader, as_role, project, other_project):
    assert reader.post(SILENCES, json=QUIET).status_code == 403
    mine = as_role("operate", project.id).post(SILENCES, json=QUIET).json()
    stranger = as_role("operate", other_project.id)
    assert stranger.get(SILENCES).json() == []
    assert stranger.delete(f"{SILENCES}/{mine['id']}").status_code == 404


def test_why_an_alert_was_told_and_its_incident(reader, database, clock, firing):
    with database.transaction() as session:
        desk = Desk(session, clock.now())
        desk.run()
    waiting = reader.get(f"/api/v1/alerts/{firing}/why").json()
    assert waiting["answer"].startswith("Not told: its group waits for more. It is looked at again")
    assert [step["step"] for step in waiting["steps"]] == ["rule", "incident", "route", "group"]
    (incident,) = reader.get("/api/v1/incidents?state=open").json()
    assert (incident["alerts"], incident["live"], incident["title"]) == (
        1,
        1,
        "checkout: High error rate",
    )
    assert reader.get(f"/api/v1/incidents/{incident['id']}").json() == incident
    (member,) = reader.get(f"/api/v1/incidents/{incident['id']}/alerts").json()
    assert member["alert_id"] == str(firing)
    assert reader.get("/api/v1/incidents/999").status_code == 404
