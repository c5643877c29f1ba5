from datetime import timedelta

import pytest

from core.access import audit
from core.access.audit import Act, Actor


@pytest.fixture
def done(database, clock, project):
    """Three acts, a minute apart: two on letters of the project, one on a pool."""
    acts = (
        ("ann", Act(name="replayed", subject="deadletter", subject_id=7, project_id=project.id)),
        ("bob", Act(name="discarded", subject="deadletter", subject_id=8, project_id=project.id)),
        ("ann", Act(name="pool.scale", subject="pool", subject_id=0, detail={"children": 4})),
    )
    with database.transaction() as session:
        for minute, (name, act) in enumerate(acts):
            at = clock.now() + timedelta(minutes=minute)
            audit.record(session, Actor(name, "203.0.113.9"), act, now=at)
            session.flush()


def acts(answer):
    assert answer.status_code == 200, answer.text
    return [each["act"] for each in answer.json()]


def test_the_newest_act_comes_first_and_whole(admin, done):
    shown = admin.get("/api/v1/audit").json()
    assert [each["act"] for each in shown] == ["pool.scale", "discarded", "replayed"]
    assert shown[0]["detail"] == {"children": 4}
    assert (shown[0]["actor"], shown[0]["address"]) == ("ann", "203.0.113.9")
    assert shown[0]["at"] == "2026-03-01T12:02:00.000Z"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=bob", ["discarded"]),
        ("act=replayed&act=discarded", ["discarded", "replayed"]),
        ("subject=deadletter&subject_id=7", ["replayed"]),
        ("since=2026-03-01T12:01:00Z&until=2026-03-01T12:02:00Z", ["discarded"]),
        ("actor=nobody", []),
    ],
)
def test_filters(admin, done, query, found):
    assert acts(admin.get(f"/api/v1/audit?{query}")) == found


def test_pages(admin, done):
    first = admin.get("/api/v1/audit?limit=2")
    assert acts(first) == ["pool.scale", "discarded"]
    second = admin.get(first.links["next"]["url"])
    assert acts(second) == ["replayed"]
    assert 'rel="next"; results="false"' in second.headers["link"]


def test_who_administers_one_project_sees_its_acts_only(as_role, project, other_project, done):
    assert acts(as_role("admin", project.id).get("/api/v1/audit")) == ["discarded", "replayed"]
    assert acts(as_role("admin", other_project.id).get("/api/v1/audit")) == []


@pytest.mark.parametrize("role", ["ingest", "read", "operate"])
def test_it_is_for_administrators(as_role, role):
    assert as_role(role).get("/api/v1/audit").status_code == 403
