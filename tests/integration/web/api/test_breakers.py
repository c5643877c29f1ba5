import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from core.store import projects


@pytest.fixture
def operate(key):
    return {"Authorization": f"Bearer {key('operate')}"}


@pytest.fixture
def ingest(key):
    return {"Authorization": f"Bearer {key('ingest')}"}


FAILURES = {"outcome": "failure", "duration_ms": 12, "count": 5}


def acquire(client, headers, **body):
    return client.post("/api/v1/breakers/pay/acquire", json=body, headers=headers)


def report(client, headers, reports):
    return client.post("/api/v1/breakers/pay/report", json=reports, headers=headers)


def force(client, headers, verb, **body):
    return client.post(f"/api/v1/breakers/pay/{verb}", json=body, headers=headers)


@pytest.fixture
def client(app, database, clock):
    """The whole application, with the project that keys of the platform write to."""
    with database.transaction() as session:
        projects.create(session, "default", now=clock.now())
    with TestClient(app, base_url="http://test") as found:
        yield found


def test_leave_to_call(client, ingest):
    answer = acquire(client, ingest)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["permitted"], found["state"], found["granted"]) == (True, "closed", 1)


def test_reported_failures_open_it(client, ingest):
    assert report(client, ingest, FAILURES).json() == {"accepted": 1, "state": "open"}
    answer = acquire(client, ingest)
    found = answer.json()
    assert (found["permitted"], found["state"], found["permits"]) == (False, "open", [])
    assert 28 < found["retry_after"] <= 30
    assert answer.headers["retry-after"] in {"30", "31"}


def test_an_operator_opens_closes_and_resets(client, ingest, operate):
    assert force(client, operate, "open", reason="drill").json()["state"] == "open"
    assert acquire(client, ingest).json()["permitted"] is False
    closed = force(client, operate, "close").json()
    assert (closed["state"], closed["forced"]) == ("closed", True)
    report(client, ingest, FAILURES)
    assert acquire(client, ingest).json()["permitted"] is True
    assert force(client, operate, "reset").json()["forced"] is False
    history = client.get("/api/v1/breakers/pay/history", headers=operate).json()
    states = ["closed", "forced_closed", "forced_open", "forced_opening"]
    assert [each["new"] for each in history] == states
    assert history[2]["reason"] == "drill"


def test_settings_of_one(client, ingest, operate):
    path = "/api/v1/breakers/pay"
    changed = client.patch(path, json={"threshold": 2, "component": "checkout"}, headers=operate)
    assert changed.json()["settings"]["threshold"] == 2
    assert report(client, ingest, FAILURES | {"count": 2}).json()["state"] == "open"
    back = client.patch(path, json={"threshold": None}, headers=operate).json()
    assert back["own_settings"] == {"component": "checkout"}


@pytest.mark.parametrize("values", [{"treshold": 2}, {"threshold": 0}, {"mode": "off"}])
def test_settings_that_are_none(client, operate, values):
    assert client.patch("/api/v1/breakers/pay", json=values, headers=operate).status_code == 422


def test_the_list(client, ingest, operate):
    report(client, ingest, FAILURES)
    client.post("/api/v1/breakers/calm/acquire", headers=ingest)
    shut = client.get("/api/v1/breakers?state=open", headers=operate).json()
    assert [each["name"] for each in shut] == ["pay"]
    everything = client.get("/api/v1/breakers", headers=operate)
    assert [each["name"] for each in everything.json()] == ["calm", "pay"]
    assert "link" in everything.headers


def test_another_projects_breaker(client, key, project, other_project):
    ours, theirs = (
        {"Authorization": f"Bearer {key('ingest', each.id)}"} for each in (project, other_project)
    )
    acquire(client, ours)
    assert acquire(client, theirs).status_code == 403
    assert report(client, theirs, FAILURES).status_code == 403


def test_only_operators_force(client, ingest, key):
    assert force(client, ingest, "open").status_code == 403
    reader = {"Authorization": f"Bearer {key('read')}"}
    assert client.get("/api/v1/breakers/none", headers=reader).status_code == 404


@pytest.mark.parametrize("body", [{"count": 0}, {"count": True}, {"reporter": ""}])
def test_wrong_questions(client, ingest, body):
    assert acquire(client, ingest, **body).status_code == 400


@pytest.mark.parametrize("permit", ["", "x.y", 5, "99999999999999999.a"])
def test_wrong_permits(client, ingest, permit):
    assert report(client, ingest, FAILURES | {"permit": permit}).status_code == 400


@pytest.mark.parametrize("wrong", [{"permit": "x.y"}, {"reporter": ""}, {"outcome": "maybe"}])
def test_a_wrong_report_refuses_all_and_counts_none(client, ingest, database, wrong):
    assert acquire(client, ingest).json()["state"] == "closed"
    assert report(client, ingest, [FAILURES, FAILURES | wrong]).status_code == 400
    assert acquire(client, ingest).json()["state"] == "closed"
    assert counted(database) == 0


def test_nor_is_anything_counted_for_anothers_breaker(
    client, key, project, other_project, database
):
    ours, theirs = (
        {"Authorization": f"Bearer {key('ingest', each.id)}"} for each in (project, other_project)
    )
    acquire(client, ours)
    assert report(client, theirs, FAILURES).status_code == 403
    assert counted(database) == 0


def counted(database):
    with database.transaction() as session:
        found = session.connection().exec_driver_sql(
            "SELECT coalesce(sum(successes + failures), 0) FROM component_minutes"
        )
        return found.scalar_one()


def test_probes_over_http(client, ingest, operate):
    values = {"reset_timeout": 0.1, "probes": 2, "ramp_seconds": 0}
    client.patch("/api/v1/breakers/pay", json=values, headers=operate)
    report(client, ingest, FAILURES)
    probes = acquired(client, ingest)
    assert (probes["state"], probes["granted"], len(set(probes["permits"]))) == ("half_open", 2, 2)
    assert acquire(client, ingest).json()["permitted"] is False
    results = [{"outcome": "success", "permit": permit} for permit in probes["permits"]]
    assert report(client, ingest, results).json()["accepted"] == 2
    assert acquire(client, ingest).json()["state"] == "closed"


def acquired(client, headers):
    """Once the breaker may be tried."""
    for _ in range(200):
        found = acquire(client, headers, count=5).json()
        if found["permitted"]:
            return found
    raise AssertionError(found)


def test_the_history_of_any_name_says_where_it_goes_on(client, operate):
    path = f"/api/v1/breakers/{quote('支付')}"
    assert client.post(f"{path}/open", headers=operate).status_code == 200
    page = client.get(f"{path}/history?limit=1", headers=operate)
    assert page.status_code == 200
    again = client.get(page.links["previous"]["url"], headers=operate)
    assert (again.status_code, again.json()) == (200, [])


def test_many_at_once_do_not_take_all_connections(client, operate):
    """With an Idempotency-Key each holds a connection while it waits for another one."""

    def opened(number):
        headers = operate | {"Idempotency-Key": f"drill-{number}"}
        return client.post(f"/api/v1/breakers/pay-{number}/open", headers=headers).status_code

    before = time.monotonic()
    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(opened, range(30))) == {200}
    assert time.monotonic() - before < 25
