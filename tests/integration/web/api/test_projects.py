import uuid
from dataclasses import replace

import pytest

from core.intake.item import Encoding, InboxItem, Kind
from core.intake.spool import Spool
from core.store import books
from core.store.books import BookLine


def test_a_project_comes_with_its_dsn(admin):
    answer = admin.post("/api/v1/projects", json={"name": "shop"})
    assert answer.status_code == 201
    made = answer.json()
    assert made["dsn"].startswith("http://")
    assert made["dsn"].endswith(f"@errors.example:8000/{made['id']}")
    assert admin.get(f"/api/v1/projects/{made['id']}").json() == made


def test_times_are_utc_with_milliseconds(admin):
    made = admin.post("/api/v1/projects", json={"name": "shop"}).json()
    assert made["created_at"] == "2026-03-01T12:00:00.000Z"


def test_a_name_is_taken_once(admin, project):
    answer = admin.post("/api/v1/projects", json={"name": project.name})
    assert (answer.status_code, answer.json()["code"]) == (409, "ML-REF-0011")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "colour": "red"}, {"name": 5}])
def test_a_body_that_does_not_fit_is_refused(admin, body):
    answer = admin.post("/api/v1/projects", json=body)
    assert answer.status_code == 422
    pointers = {mistake["pointer"] for mistake in answer.json()["errors"]}
    assert pointers == ({"#/colour"} if "colour" in body else {"#/name"})


def test_projects_are_listed_newest_first(reader, project, other_project):
    listed = reader.get("/api/v1/projects").json()
    assert [each["name"] for each in listed] == ["bank", "shop"]


def test_a_key_of_one_project_sees_no_other(as_role, project, other_project):
    scoped = as_role("admin", project.id)
    assert [each["name"] for each in scoped.get("/api/v1/projects").json()] == ["shop"]
    assert scoped.get(f"/api/v1/projects/{other_project.id}").status_code == 404


def test_rotation_makes_a_new_dsn_and_ends_the_old_one(admin, project):
    place = f"/api/v1/projects/{project.id}"
    before = admin.get(place).json()["dsn"]
    rotated = admin.post(f"{place}/keys/rotate", json={}).json()
    assert admin.get(place).json()["dsn"] == rotated["dsn"] != before
    keys = admin.get(f"{place}/keys").json()
    assert [key["revoked_at"] is None for key in keys] == [True, False]


def test_rotation_may_keep_the_old_key(admin, project):
    place = f"/api/v1/projects/{project.id}/keys"
    admin.post(f"{place}/rotate", json={"keep_old": True})
    assert [key["revoked_at"] for key in admin.get(place).json()] == [None, None]


@pytest.fixture
def posted(database, clock, rows, project, other_project):
    day = clock.now().date()
    lines = [
        BookLine(day, project.id, "accepted", count=5),
        BookLine(day, project.id, "stored", count=4),
        BookLine(day, other_project.id, "accepted", count=1),
        BookLine(day, other_project.id, "duplicates", count=1),
        BookLine(day, other_project.id, "rejected", "too_large", 2),
        BookLine(day, other_project.id, "skipped", "session", 3),
    ]
    rows.waiting()
    with database.transaction() as session:
        books.post(session, lines, writer=1)


def test_the_books_are_told_in_total(reader, posted):
    told = reader.get("/api/v1/stats").json()
    assert told["recovery"]["errors"] == 0
    assert {name: count for name, count in told.items() if "recovery" not in name} == {
        "received": 11,
        "accepted": 6,
        "stored": 4,
        "thinned": 0,
        "duplicates": 1,
        "pending": 1,
        "spooled": 0,
        "skipped": 3,
        "rejected": {"too_large": 2},
        "missing": 0,
    }


def test_what_this_host_has_spooled_is_accepted_and_waits(reader, posted, services, project):
    spool = Spool(services.settings.data_dir / "spool", limit=2**20)
    item = InboxItem(
        project.id, uuid.uuid4(), services.clock.now(), Kind.REPORT, Encoding.IDENTITY, b"{}"
    )
    spool.append([item, item, replace(item, project_id=project.id + 1000)])
    told = reader.get("/api/v1/stats").json()
    assert (told["received"], told["accepted"], told["pending"]) == (14, 9, 4)
    assert (told["spooled"], told["missing"]) == (3, 0)
    own = reader.get(f"/api/v1/projects/{project.id}/stats").json()
    assert (own["pending"], own["spooled"]) == (3, 2)
    spool.close()


def test_the_books_are_told_for_each_project(reader, as_role, posted, project):
    own = reader.get(f"/api/v1/projects/{project.id}/stats").json()
    assert own["recovery"]["by_component"] == {}
    assert (own["received"], own["stored"], own["pending"]) == (5, 4, 1)
    assert as_role("read", project.id).get("/api/v1/stats").json() == own


def test_a_project_has_a_budget_of_its_own(admin, project):
    place = f"/api/v1/projects/{project.id}"
    set_both = {"retention_bytes": 2**30, "retention_days": 7}
    assert admin.patch(place, json=set_both).json().items() >= set_both.items()
    answer = admin.patch(place, json={"retention_days": None}).json()
    assert (answer["retention_bytes"], answer["retention_days"]) == (2**30, None)
    assert admin.get("/api/v1/audit").json()[0]["act"] == "project.retention"


@pytest.mark.parametrize("body", [{"retention_bytes": 5}, {"retention_days": 0}, {"colour": "red"}])
def test_a_budget_that_makes_no_sense_is_refused(admin, project, body):
    assert admin.patch(f"/api/v1/projects/{project.id}", json=body).status_code == 422
