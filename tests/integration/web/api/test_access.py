"""Every operation against every role: what is not in the table is not allowed to exist."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from core.access.roles import Role
from core.store.engine import Database
from tests.integration.web.api.operations import OPERATIONS
from web.api import openapi
from web.api.app import create_app, management
from web.api.auth import Keyring

ROLES = ["ingest", "read", "operate", "admin"]
BODIES = {
    "/api/v1/projects": {"name": "made"},
    "/api/v1/keys": {"role": "ingest"},
    "/api/v1/issues": {"status": "resolved"},
    "/api/v1/issues/{issue_id}": {"status": "resolved"},
    "/api/v1/issues/{issue_id}/merge": {"issues": ["99998"]},
    "/api/v1/deadletters/replay": {"ids": ["99999"]},
    "/api/v1/deadletters/discard": {"ids": ["99999"]},
    "/api/v1/deadletters/{letter_id}": {"kwargs": {}},
    "/api/v1/projects/{project_id}/keys/rotate": {},
    "/api/v1/fleet/{pool}/scale": {"children": 1},
}
NOWHERE = {
    "event_id": "0" * 32,
    "job": "no-such-job",
    "pool": "no-such-pool",
    "name": "no-such-name",
    "number": "99999",
    "pattern": "99999",
}
NUMBERS = (
    "project key issue letter run suggestion group hook incident alert rule notification recovery "
    "saga silence transaction"
)
NOWHERE |= {f"{what}_id": "99999" for what in NUMBERS.split()}


def ask(client, operation):
    method, path = operation
    body = BODIES.get(path) if method in {"POST", "PUT", "PATCH"} else None
    query = "?status=ignored" if operation == ("PUT", "/api/v1/issues") else ""
    return client.request(method, path.format(**NOWHERE) + query, json=body)


def at_least(role):
    return ROLES[ROLES.index(role) :]


def test_the_table_has_every_operation(services):
    found = {
        (method.upper(), path)
        for path, methods in openapi.describe(management(services))["paths"].items()
        for method in methods
        if path.startswith("/api/")
    }
    assert found == OPERATIONS.keys()


def test_nobody_gets_in_without_a_key(anonymous):
    for operation in OPERATIONS:
        answer = ask(anonymous, operation)
        assert answer.status_code == 401, operation
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_just_what_it_is_for(as_role, role):
    client = as_role(role)
    for operation, (least, _) in OPERATIONS.items():
        status = ask(client, operation).status_code
        allowed = role in at_least(least)
        assert (status == 403) is not allowed, (operation, status)
        assert status != 401
        assert status < 500, operation


@pytest.mark.parametrize("role", ROLES)
def test_a_key_of_one_project_does_not_reach_the_platform(as_role, project, role):
    client = as_role(role, project.id)
    for operation, (least, of_project) in OPERATIONS.items():
        status = ask(client, operation).status_code
        allowed = of_project and role in at_least(least)
        assert (status == 403) is not allowed, (operation, status)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer mend_wrong",
        "mend_wrong",
        "Bearer \u00fc",
        "Bearer a b",
    ],
)
def test_a_credential_that_is_none_is_refused(anonymous, header):
    headers = {"Authorization": header.encode("latin-1")}
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 401


def test_the_scheme_is_read_in_any_case(anonymous, key):
    headers = {"Authorization": f"bearer {key(Role.READ)}"}
    assert anonymous.get("/api/v1/issues", headers=headers).status_code == 200


def test_addresses_are_not_told_to_strangers(anonymous):
    for path in ("/api/v1/nothing", "/api/v2", "/api", "/api/v1/issues/"):
        assert anonymous.get(path).status_code == 401


def test_a_websocket_of_a_stranger_is_refused_like_any_request(anonymous):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        anonymous.websocket_connect("/api/v1/issues"),
    ):
        pass
    answer = refused.value
    assert (answer.status_code, answer.json()["code"]) == (401, "ML-AUTH-0001")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_websocket_to_where_none_is_served_is_closed(reader):
    with pytest.raises(WebSocketDisconnect), reader.websocket_connect("/api/v1/issues"):
        pass


def test_the_key_is_checked_before_the_body_is_read(anonymous):
    answer = anonymous.post("/api/v1/projects", content=b"x" * 2**21)
    assert answer.status_code == 401


def test_a_database_that_is_away_is_told_as_such(services, clock):
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    app = create_app(replace(services, database=away, keyring=Keyring(away, clock)))
    headers = {"Authorization": "Bearer mend_x"}
    answer = TestClient(app).get("/api/v1/issues", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "ML-DB-0001")
