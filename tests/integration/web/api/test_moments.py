"""Moments at the ends of the calendar: one that cannot be kept would spoil every list with it."""

import pytest

LATE = "9999-12-31T23:59:59-14:00"
EARLY = "0001-01-01T00:00:00+14:00"
MATCHER = {"name": "host", "value": "db-1", "isRegex": False}
SILENCE = {"matchers": ['host="db-1"'], "reason": "known"}
POSTED = {
    "matchers": [MATCHER],
    "startsAt": "2026-03-01T12:00:00Z",
    "endsAt": "2026-03-02T12:00:00Z",
    "createdBy": "ann",
    "comment": "known",
}
DISK = {"labels": {"alertname": "DiskFull"}}


@pytest.mark.parametrize(
    ("path", "body", "lists"),
    [
        ("/api/v1/keys", {"role": "read", "expires_at": LATE}, ["/api/v1/keys"]),
        ("/api/v1/deploys", {"name": "1.2", "project": "1", "at": LATE}, ["/api/v1/deploys"]),
        ("/api/v1/deploys", {"name": "1.2", "project": "1", "at": EARLY}, ["/api/v1/deploys"]),
        ("/api/v1/silences", SILENCE | {"until": LATE}, ["/api/v1/silences", "/api/v2/silences"]),
        ("/api/v1/silences", SILENCE | {"starts_at": EARLY}, ["/api/v1/silences"]),
    ],
)
def test_a_moment_that_cannot_be_kept_is_refused(admin, project, path, body, lists):
    assert admin.post(path, json=body).status_code == 422
    for each in lists:
        assert admin.get(each).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "lists"),
    [
        ("/api/v2/silences", POSTED | {"endsAt": LATE}, ["/api/v1/silences", "/api/v2/silences"]),
        ("/api/v2/alerts", [DISK | {"endsAt": LATE}], ["/api/v1/alerts", "/api/v2/alerts"]),
        ("/api/v2/alerts", [DISK | {"startsAt": EARLY}], ["/api/v1/alerts", "/api/v2/alerts"]),
    ],
)
def test_an_alertmanagers_client_may_mean_for_ever(admin, project, path, body, lists):
    assert admin.post(path, json=body).status_code == 200
    for each in lists:
        assert admin.get(each).status_code == 200


def test_the_last_moment_can_be_kept(admin):
    last = "9999-12-31T23:59:59.999Z"
    assert admin.post("/api/v1/keys", json={"role": "read", "expires_at": last}).status_code == 201
    assert admin.get("/api/v1/keys").json()[0]["expires_at"] == last


def test_an_issue_is_not_ignored_beyond_the_calendar(operator, rows):
    change = {"status": "ignored", "ignored_until": LATE}
    assert operator.patch(f"/api/v1/issues/{rows.issue().id}", json=change).status_code == 422


def test_a_moment_of_another_zone_is_answered_in_utc(admin):
    body = {"role": "read", "expires_at": "2026-03-02T01:00:00+02:00"}
    made = admin.post("/api/v1/keys", json=body).json()
    assert made["expires_at"] == "2026-03-01T23:00:00.000Z"


@pytest.mark.parametrize("path", ["report", "report.md"])
def test_a_report_of_the_first_week_begins_with_the_first_moment(reader, path):
    answer = reader.get(f"/api/v1/recoveries/{path}?until=0001-01-02T00:00:00Z")
    assert answer.status_code == 200


@pytest.mark.parametrize("moment", [LATE, EARLY])
def test_a_period_beyond_the_calendar_is_refused(reader, moment):
    answer = reader.get("/api/v1/recoveries/report", params={"until": moment})
    assert answer.status_code == 422


def test_a_back_test_of_the_first_week_is_not_refused(operator):
    rule = {"name": "Many", "measure": "events", "above": 5}
    body = {"rule": rule, "until": "0001-01-02T00:00:00Z"}
    assert operator.post("/api/v1/alert-rules/backtest", json=body).status_code < 500
