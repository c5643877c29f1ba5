import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from sqlalchemy import select

from core.model import AuditEntry, PoolOverride, ScaleDecision
from core.store import agents, fleet
from core.store.heartbeat import Heartbeat


@pytest.fixture(autouse=True)
def pool(database, clock):
    """The pool `general` on two hosts, as agents and controller have left it."""
    looked = {"target": 4, "wanted": 11, "running": 4, "busy": 3.5, "backlog": 70.0}
    told = {"kind": "grow", "reason": "70 wait", "inputs": {"backlog": 70.0}}
    with database.transaction() as session:
        for host in ("a", "b"):
            heartbeat = Heartbeat(pool="general", host=host, target=2, running=1, state="running")
            agents.report(session, heartbeat, now=clock.now())
        at = {"pool": "general", "at": clock.now()}
        fleet.write_loads(session, [{**at, **looked, **told, "oldest_seconds": 1.5}])
        session.add(ScaleDecision(**at, **told, old=2, new=4))


def in_force(database, clock):
    with database.transaction() as session:
        return fleet.overrides(session, clock.now()).get("general")


def test_a_pool_is_shown_over_all_its_hosts(reader):
    (shown,) = reader.get("/api/v1/fleet/pools").json()
    assert [host["host"] for host in shown["hosts"]] == ["a", "b"]
    assert (shown["load"]["target"], shown["load"]["reason"]) == (4, "70 wait")
    assert shown["override"] is None


def test_what_autoscalers_poll_knows_no_bounds(reader):
    answer = reader.get("/api/v1/fleet/scale/general").json()
    assert (answer["wanted"], answer["target"], answer["backlog"]) == (11, 4, 70.0)


def test_the_scaler_of_the_page_reads_a_number(anonymous, key):
    """As KEDA's metrics-api does: a GET with the token, then the value at the location."""
    page = Path(__file__).resolve().parents[4] / "docs" / "howto" / "kubernetes.md"
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    found = [each for block in blocks for each in yaml.safe_load_all(block)]
    (scaled,) = [each for each in found if each["kind"] == "ScaledObject"]
    asked = scaled["spec"]["triggers"][0]["metadata"]
    token = {"Authorization": f"Bearer {key('read')}"}
    answer = anonymous.get(urlsplit(asked["url"]).path, headers=token)
    value = answer.json()[asked["valueLocation"]]
    assert value / float(asked["targetValue"]) == 11 / 32


def test_nobodys_opinion_is_a_failure_and_not_a_number(reader, clock):
    clock.advance(31)
    answer = reader.get("/api/v1/fleet/scale/general")
    assert (answer.status_code, answer.json()["code"]) == (503, "ML-FLEET-0002")
    assert answer.headers["retry-after"] == "30"


def test_decisions_are_shown_with_their_inputs(reader):
    (shown,) = reader.get("/api/v1/fleet/decisions", params={"pool": "general"}).json()
    assert (shown["old"], shown["new"], shown["inputs"]) == (2, 4, {"backlog": 70.0})
    assert reader.get("/api/v1/fleet/decisions", params={"pool": "other"}).json() == []


def test_a_size_that_is_set_has_an_author_and_an_end(operator, database, clock):
    body = {"children": 7, "for_seconds": 60}
    answer = operator.post("/api/v1/fleet/general/scale", json=body)
    assert (answer.status_code, answer.json()["children"]) == (200, 7)
    assert in_force(database, clock).author
    clock.advance(61)
    assert in_force(database, clock) is None


def test_the_load_decides_again_once_it_is_told_to(operator, reader, database, clock):
    operator.post("/api/v1/fleet/general/scale", json={"children": 0})
    (shown,) = reader.get("/api/v1/fleet/pools").json()
    assert (shown["override"]["children"], shown["override"]["until"]) == (0, None)
    operator.post("/api/v1/fleet/general/scale", json={"automatic": True})
    assert in_force(database, clock) is None


@pytest.mark.parametrize(
    "body", [{}, {"children": 3, "automatic": True}, {"children": -1}, {"children": 1, "x": 2}]
)
def test_a_wish_that_is_none_is_refused(operator, body, database):
    assert operator.post("/api/v1/fleet/general/scale", json=body).status_code == 422
    with database.transaction() as session:
        assert session.scalars(select(PoolOverride)).all() == []


def test_a_restart_is_asked_of_all_hosts_or_of_one(operator):
    answer = operator.post("/api/v1/fleet/general/restart")
    assert (answer.status_code, answer.json()["hosts"]) == (202, ["a", "b"])
    answer = operator.post("/api/v1/fleet/general/restart", json={"host": "b"})
    assert answer.json()["hosts"] == ["b"]
    answer = operator.post("/api/v1/fleet/general/restart", json={"host": "c"})
    assert answer.status_code == 404


def test_who_asked_stands_in_the_audit(operator, database):
    operator.post("/api/v1/fleet/general/scale", json={"children": 7})
    operator.post("/api/v1/fleet/general/restart")
    with database.transaction() as session:
        acts = [entry.act for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts == ["pool.scale", "pool.restart"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "scale/x"), ("POST", "x/scale"), ("POST", "x/restart")]
)
def test_unknown_pools_are_not_found(operator, method, path):
    body = {"json": {"children": 1}} if path == "x/scale" else {}
    answer = operator.request(method, f"/api/v1/fleet/{path}", **body)
    assert (answer.status_code, answer.json()["code"]) == (404, "ML-FLEET-0001")
