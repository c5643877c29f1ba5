"""Alertmanager's interface: over HTTP, and by its own amtool where that is installed."""

import json
import shutil
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn

from core.alerts import pushing
from core.clock import SystemClock
from core.model import Alert
from web.api.app import create_app
from web.api.routes.alertmanager import MOST

DISK = {"alertname": "DiskFull", "severity": "critical", "host": "db-1"}
LOAD = {"alertname": "Load", "severity": "warning", "host": "db-2"}


@pytest.fixture
def pushed(as_role):
    def push(*labels, **more):
        alerts = [{"labels": each, **more} for each in labels]
        answer = as_role("ingest").post("/api/v2/alerts", json=alerts)
        assert answer.status_code == 200, answer.text

    return push


def names(client, query=""):
    found = client.get(f"/api/v2/alerts{query}").json()
    return {each["labels"]["alertname"] for each in found}


def silence(client, clock, *, name="host", value="db-1", **more):
    body = {
        "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}],
        "startsAt": clock.now().isoformat(),
        "endsAt": (clock.now() + timedelta(hours=1)).isoformat(),
        "createdBy": "ann",
        "comment": "disk is being replaced",
    }
    answer = client.post("/api/v2/silences", json=body | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["silenceID"]


def test_what_is_pushed_is_listed(reader, pushed):
    pushed(DISK, annotations={"summary": "97 %"}, generatorURL="http://prometheus/graph")
    (alert,) = reader.get("/api/v2/alerts").json()
    assert (alert["labels"], alert["annotations"]) == (DISK, {"summary": "97 %"})
    assert alert["generatorURL"] == "http://prometheus/graph"
    assert alert["status"] == {
        "state": "unprocessed",
        "silencedBy": [],
        "inhibitedBy": [],
        "mutedBy": [],
    }


def test_a_push_again_is_the_same_alert(database, pushed):
    pushed(DISK)
    pushed(DISK, annotations={"summary": "98 %"})
    with database.transaction() as session:
        (alert,) = session.query(Alert).all()
        assert (alert.episode, alert.annotations) == (1, {"summary": "98 %"})


def test_severities_are_alerts_of_their_own_in_their_own_words(database, reader, pushed):
    pushed(DISK, {**DISK, "severity": "warning"})
    assert names(reader, '?filter=severity="warning"') == {"DiskFull"}
    with database.transaction() as session:
        found = session.query(Alert).order_by(Alert.id).all()
        assert sorted(each.severity for each in found) == ["critical", "medium"]


def test_a_severity_is_ours_however_it_is_written(database, pushed):
    pushed(*({**DISK, "severity": word} for word in ("CRITICAL", "High", "Warning")))
    with database.transaction() as session:
        assert {each.severity for each in session.query(Alert)} == {"critical", "high", "medium"}


def test_an_end_that_is_told_ends_it_and_the_next_push_is_a_new_episode(database, clock, pushed):
    pushed(DISK)
    pushed(DISK, endsAt=clock.now().isoformat())
    pushed(DISK)
    with database.transaction() as session:
        found = session.query(Alert).order_by(Alert.id).all()
        assert [(each.episode, each.state) for each in found] == [(1, "resolved"), (2, "firing")]


def test_what_is_not_pushed_again_ends(database, clock, reader, pushed):
    pushed(DISK)
    with database.transaction() as session:
        assert pushing.expire(session, clock.now()) == 0
        assert pushing.expire(session, clock.now() + pushing.USUAL_END) == 1
    assert names(reader) == set()


def test_more_than_can_be_taken_at_once_is_refused_and_not_cut_off(as_role, reader):
    alerts = [{"labels": {"a": str(number)}} for number in range(MOST + 1)]
    assert as_role("ingest").post("/api/v2/alerts", json=alerts).status_code == 422
    assert reader.get("/api/v2/alerts").json() == []


def test_what_ended_before_it_was_known_is_nothing(reader, clock, pushed):
    pushed(DISK, endsAt=(clock.now() - timedelta(minutes=1)).isoformat())
    assert names(reader) == set()


def test_an_end_beyond_the_calendar_is_its_last_day(database, clock, reader, pushed):
    pushed(DISK, endsAt="9999-12-31T23:59:59-05:00")
    (alert,) = reader.get("/api/v2/alerts").json()
    assert alert["endsAt"] == "9999-12-31T00:00:00.000Z"
    with database.transaction() as session:
        assert pushing.expire(session, clock.now()) == 0


def test_a_silence_until_the_end_of_the_calendar_is_one(as_role, reader, clock, pushed):
    made = silence(as_role("operate"), clock, endsAt="9999-12-31T23:59:59-05:00")
    pushed(DISK)
    (alert,) = reader.get("/api/v2/alerts").json()
    assert alert["status"]["silencedBy"] == [made]


def test_a_number_that_no_row_can_have_is_not_found(as_role):
    client = as_role("operate")
    assert client.get("/api/v2/silence/" + "9" * 30).status_code == 404
    assert client.delete(f"/api/v2/silence/{'f' * 32}").status_code == 404


def test_matchers_choose(reader, pushed):
    pushed(DISK, LOAD)
    assert names(reader, '?filter=host=~"db-.*"&filter=severity!="critical"') == {"Load"}


def test_a_matcher_that_cannot_be_read_is_an_error(reader):
    answer = reader.get("/api/v2/alerts?filter=host")
    assert (answer.status_code, "is no matcher" in answer.text) == (422, True)


def test_no_expression_keeps_the_process_busy_and_what_is_none_is_refused(
    as_role, reader, clock, pushed
):
    pushed({"alertname": "a" * 60 + "b"})
    for path in ("alerts", "alerts/groups"):
        answer = reader.get(f"/api/v2/{path}", params={"filter": 'alertname=~"(a+)+$"'})
        assert (answer.status_code, answer.json()) == (200, [])
        answer = reader.get(f"/api/v2/{path}", params={"filter": 'alertname=~"(?!b).*"'})
        assert (answer.status_code, "of RE2" in answer.text) == (422, True)
    body = {
        "matchers": [{"name": "alertname", "value": "(?!b).*", "isRegex": True}],
        "startsAt": clock.now().isoformat(),
        "endsAt": (clock.now() + timedelta(hours=1)).isoformat(),
        "createdBy": "ann",
        "comment": "all others",
    }
    assert as_role("operate").post("/api/v2/silences", json=body).status_code == 422


def test_a_silence_suppresses_at_once_and_ends_by_deletion(as_role, clock, pushed):
    operator = as_role("operate")
    pushed(DISK, LOAD)
    made = silence(operator, clock)
    assert names(operator, "?silenced=false") == {"Load"}
    (quiet,) = operator.get("/api/v2/alerts?active=false&unprocessed=false").json()
    assert quiet["status"]["silencedBy"] == [made]
    assert quiet["status"]["state"] == "suppressed"
    assert operator.delete(f"/api/v2/silence/{made}").status_code == 200
    assert names(operator, "?silenced=false") == {"DiskFull", "Load"}
    assert operator.get(f"/api/v2/silence/{made}").json()["status"]["state"] == "expired"


def test_a_silence_is_told_as_it_was_made(as_role, clock):
    operator = as_role("operate")
    made = silence(operator, clock)
    (shown,) = operator.get('/api/v2/silences?filter=host="db-1"').json()
    assert (shown["id"], shown["comment"]) == (made, "disk is being replaced")
    assert shown["createdBy"].startswith("ann (")
    assert shown["matchers"] == [
        {"name": "host", "value": "db-1", "isRegex": False, "isEqual": True}
    ]
    assert operator.get('/api/v2/silences?filter=host="db-2"').json() == []


def test_a_silence_with_an_id_takes_the_place_of_the_other(as_role, clock):
    operator = as_role("operate")
    first = silence(operator, clock)
    second = silence(operator, clock, id=first, value="db-2")
    states = {
        each["id"]: each["status"]["state"] for each in operator.get("/api/v2/silences").json()
    }
    assert states == {first: "expired", second: "active"}


def test_projects_do_not_see_each_other(as_role, reader, clock, project, other_project):
    mine, theirs = as_role("operate", project.id), as_role("operate", other_project.id)
    assert mine.post("/api/v2/alerts", json=[{"labels": DISK}]).status_code == 200
    made = silence(mine, clock)
    assert (names(mine), names(theirs), names(reader)) == ({"DiskFull"}, set(), {"DiskFull"})
    assert theirs.get(f"/api/v2/silence/{made}").status_code == 404


@pytest.mark.parametrize(
    "bad", [[{"labels": {}}], [{"labels": {"1bad": "x"}}], [{}], {"labels": DISK}]
)
def test_what_is_no_alert_is_refused(as_role, bad):
    assert as_role("ingest").post("/api/v2/alerts", json=bad).status_code == 422


@pytest.fixture
def amtool(services, key, tmp_path):
    """amtool against the application on a socket; it goes by the time of the day."""
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("no amtool: install Debian's package prometheus-alertmanager")
    now = replace(services, clock=SystemClock())
    server = uvicorn.Server(uvicorn.Config(create_app(now), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    secret = tmp_path / "http.yml"
    secret.write_text(f"authorization:\n  credentials: {key('operate')}\n")
    options = [f"--alertmanager.url=http://127.0.0.1:{port}", f"--http.config.file={secret}"]

    def run(*words):
        done = subprocess.run(
            [program, *options, *words], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    server.should_exit = True
    thread.join()


def test_amtool_adds_lists_silences_and_expires(amtool):
    firing = ("-o", "json", "alert", "query", "--active", "--unprocessed")
    amtool("alert", "add", "alertname=DiskFull", "host=db-1", "--annotation=summary=97 %")
    (alert,) = json.loads(amtool(*firing))
    assert alert["labels"] == {"alertname": "DiskFull", "host": "db-1", "severity": "medium"}
    made = amtool("silence", "add", "host=db-1", "--comment=replaced", "--author=ann").strip()
    assert json.loads(amtool(*firing)) == []
    (quiet,) = json.loads(amtool("-o", "json", "silence", "query"))
    assert (quiet["id"], quiet["comment"]) == (made, "replaced")
    amtool("silence", "expire", made)
    assert json.loads(amtool("-o", "json", "silence", "query")) == []
    (again,) = json.loads(amtool(*firing))
    assert datetime.fromisoformat(again["startsAt"]) <= datetime.now(UTC)
