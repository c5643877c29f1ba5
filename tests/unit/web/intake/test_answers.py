import json

import pytest

from core.errors import (
    DatabaseUnavailableError,
    InvalidInputError,
    RateLimitedError,
    UnauthenticatedError,
)
from web.intake.answers import problem, sentry_refusal


def headers(answer):
    return {name.decode(): value.decode() for name, value in answer.headers}


def test_sentry_clients_are_told_in_body_and_header():
    answer = sentry_refusal(InvalidInputError("no good\nat all ä really"))
    assert answer.status == 400
    assert json.loads(answer.body) == {"detail": "no good\nat all ä really", "causes": []}
    assert headers(answer)["x-sentry-error"] == "no good?at all ? really"


def test_the_cause_is_told_where_it_is_the_clients():
    error = InvalidInputError("no JSON")
    error.__cause__ = ValueError("line 1")
    assert json.loads(sentry_refusal(error).body)["causes"] == ["line 1"]


def test_faults_of_our_own_are_not_told_outside():
    error = DatabaseUnavailableError("connection to 10.0.0.1 failed", retry_after=5)
    error.__cause__ = ValueError("password")
    answer = sentry_refusal(error)
    assert answer.status == 503
    assert b"10.0.0.1" not in answer.body
    assert b"password" not in answer.body
    assert headers(answer)["retry-after"] == "5"
    assert "x-sentry-rate-limits" not in headers(answer)


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1"), (2.5, "3"), (10, "10")])
def test_waiting_times_are_whole_seconds(seconds, told):
    answer = sentry_refusal(RateLimitedError(retry_after=seconds))
    assert headers(answer)["retry-after"] == told
    assert headers(answer)["x-sentry-rate-limits"].startswith(f"{told}:error:organization:")


def test_problems_have_their_media_type_and_request():
    answer = problem(InvalidInputError("no good"), request_id="abc")
    assert headers(answer)["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["request_id"] == "abc"
    assert json.loads(answer.body)["detail"] == "no good"


def test_a_missing_credential_is_asked_for():
    assert headers(problem(UnauthenticatedError(), request_id=None))["www-authenticate"] == "Bearer"
