"""A program with the stock SDK, as the README tells a new user to write it."""

import subprocess
import sys

import pytest

from tests.acceptance.platform import eventually

PROGRAM = """
import sys
import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1])


def divide(amount):
    return amount / 0


try:
    divide(int(sys.argv[2]))
except ZeroDivisionError as error:
    print(sentry_sdk.capture_exception(error))
sentry_sdk.flush(10)
"""


def report(platform, amount=1):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, platform.dsn, str(amount)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def fetched(api, event_id):
    def look():
        answer = api.get(f"/api/v1/events/{event_id}")
        return answer.json() if answer.status_code == 200 else None

    return eventually(look, within=30)


def test_an_exception_is_stored_grouped_and_classified(platform, api):
    event = fetched(api, report(platform))
    assert event["title"] == "ZeroDivisionError: division by zero"
    assert event["category"] == "bug"
    assert event["transient"] is False
    assert event["level"] == "error"
    assert event["project_id"] == platform.dsn.rsplit("/", 1)[1]
    assert "divide" in event["culprit"]
    frames = event["payload"]["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "divide"


def test_two_runs_are_one_issue(platform, api):
    first, second = (fetched(api, report(platform, amount)) for amount in (2, 3))
    assert first["event_id"] != second["event_id"]
    assert first["issue_id"] == second["issue_id"]
    issue = api.get(f"/api/v1/issues/{first['issue_id']}").json()
    assert int(issue["event_count"]) >= 2
    listed = api.get(f"/api/v1/issues/{first['issue_id']}/events").json()
    assert {first["event_id"], second["event_id"]} <= {event["event_id"] for event in listed}


@pytest.mark.parametrize("path", ["envelope", "store"])
def test_a_wrong_key_is_refused(platform, path):
    with platform.api() as client:
        url = f"/api/1/{path}/?sentry_key={'0' * 32}"
        answer = client.post(url, content=b"{}", headers={"Authorization": ""})
    assert answer.status_code == 403
    assert answer.headers["X-Sentry-Error"]
    assert answer.json()["detail"]
