from datetime import timedelta

import pytest

from core import schedules
from core.access import audit
from core.access.audit import Act, Actor
from core.schedules import Job


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


@pytest.fixture
def job(database, clock):
    with database.transaction() as session:
        job = Job(name="a.job", task="a.task", queue="maintenance", cron="0 3 * * *")
        schedules.sync(session, [job], clock.now())


def asked(admin, method, path, **body):
    answer = admin.request(method, f"/api/v1/{path}", json=body or None)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_who_makes_and_revokes_keys_is_known(admin):
    made = asked(admin, "POST", "keys", role="read", label="grafana")
    asked(admin, "DELETE", f"keys/{made['id']}")
    asked(admin, "DELETE", f"keys/{made['id']}")
    revoked, issued = admin.get("/api/v1/audit?subject=key").json()
    assert (revoked["act"], issued["act"]) == ("key.revoke", "key.issue")
    assert revoked["subject_id"] == issued["subject_id"] == made["id"]
    assert issued["detail"] == {"prefix": made["prefix"], "role": "read", "label": "grafana"}
    assert issued["actor"].startswith("key:mend_")
    assert made["key"] not in str([revoked, issued])


def test_who_administers_a_project_sees_its_keys_come(as_role, project):
    mine = as_role("admin", project.id)
    asked(mine, "POST", "keys", role="read")
    assert acts(mine.get("/api/v1/audit")) == ["key.issue"]


def test_who_makes_a_project_and_changes_its_key_is_known(admin):
    made = asked(admin, "POST", "projects", name="till")
    key = asked(admin, "POST", f"projects/{made['id']}/keys/rotate", keep_old=True)
    rotated, created = admin.get(f"/api/v1/audit?subject=project&project={made['id']}").json()
    assert (created["act"], created["detail"]) == ("project.create", {"name": "till"})
    assert rotated["act"] == "project.rotate_key"
    assert rotated["detail"] == {"key_id": int(key["id"]), "kept_old": True}


def test_who_pauses_resumes_and_runs_a_job_is_known(admin, job):
    for act in ("pause", "pause", "resume", "run"):
        asked(admin, "POST", f"schedules/a.job/{act}")
    found = admin.get("/api/v1/audit?subject=job").json()
    assert [each["act"] for each in found] == ["job.run", "job.resume", "job.pause"]
    assert {each["detail"]["job"] for each in found} == {"a.job"}


def test_who_administers_one_project_sees_its_acts_only(as_role, project, other_project, done):
    assert acts(as_role("admin", project.id).get("/api/v1/audit")) == ["discarded", "replayed"]
    assert acts(as_role("admin", other_project.id).get("/api/v1/audit")) == []


@pytest.mark.parametrize("role", ["ingest", "read", "operate"])
def test_it_is_for_administrators(as_role, role):
    assert as_role(role).get("/api/v1/audit").status_code == 403
