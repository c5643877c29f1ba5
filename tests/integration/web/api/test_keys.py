import pytest

from core.access.roles import Role


def test_a_key_is_shown_once(admin):
    made = admin.post("/api/v1/keys", json={"role": "read", "label": "grafana"}).json()
    assert made["key"].startswith(made["prefix"])
    listed = admin.get("/api/v1/keys").json()
    assert listed[0]["id"] == made["id"]
    assert listed[0]["label"] == "grafana"
    assert made["key"] not in str(listed)


def test_a_new_key_works_and_a_revoked_one_does_not(admin, anonymous):
    made = admin.post("/api/v1/keys", json={"role": "read"}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 200
    revoked = admin.delete(f"/api/v1/keys/{made['id']}").json()
    assert revoked["revoked_at"] is not None
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 401


def test_a_good_key_is_believed_for_seconds_only(admin, anonymous, database, clock, services):
    made = admin.post("/api/v1/keys", json={"role": "read"}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 200
    with database.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql("UPDATE api_keys SET revoked_at = %s", (clock.now(),))
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 200
    clock.advance(5)
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 401


def test_a_key_ends_when_it_expires(admin, anonymous, clock):
    body = {"role": "read", "expires_at": "2026-03-01T13:00:00Z"}
    made = admin.post("/api/v1/keys", json=body).json()
    clock.advance(3600)
    headers = {"Authorization": f"Bearer {made['key']}"}
    answer = anonymous.get("/api/v1/issues", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "ML-AUTH-0003")


def test_a_key_cannot_expire_in_the_past(admin):
    body = {"role": "read", "expires_at": "2020-01-01T00:00:00Z"}
    assert admin.post("/api/v1/keys", json=body).status_code == 400


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"])
def test_a_key_cannot_expire_beyond_the_calendar(admin, end):
    answer = admin.post("/api/v1/keys", json={"role": "read", "expires_at": end})
    assert answer.status_code == 422
    assert admin.get("/api/v1/keys").status_code == 200


def test_an_unknown_role_or_field_is_refused(admin):
    assert admin.post("/api/v1/keys", json={"role": "god"}).status_code == 422
    assert admin.post("/api/v1/keys", json={"role": "read", "scope": "*"}).status_code == 422


def test_an_administrator_of_one_project_makes_keys_of_it_only(as_role, project, other_project):
    scoped = as_role("admin", project.id)
    made = scoped.post("/api/v1/keys", json={"role": "read"}).json()
    assert made["project_id"] == str(project.id)
    body = {"role": "read", "project": str(other_project.id)}
    assert scoped.post("/api/v1/keys", json=body).status_code == 404


def test_an_administrator_of_one_project_sees_keys_of_it_only(as_role, admin, project):
    scoped = as_role("admin", project.id)
    platform_wide = admin.post("/api/v1/keys", json={"role": "read"}).json()
    listed = scoped.get("/api/v1/keys").json()
    assert {each["project_id"] for each in listed} == {str(project.id)}
    assert scoped.delete(f"/api/v1/keys/{platform_wide['id']}").status_code == 404


def test_every_role_can_be_given(admin):
    for role in Role:
        assert admin.post("/api/v1/keys", json={"role": role}).json()["role"] == role


def test_what_cannot_be_stored_is_told_without_statement_and_values(admin):
    answer = admin.post("/api/v1/keys", json={"role": "read", "label": "a\x00b"})
    assert answer.status_code == 400
    told = "A value cannot be used: a number is too large, or a text has a NUL."
    assert answer.json()["detail"] == told
