import errno
import json
import math

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from core import context
from core.errors import DatabaseUnavailableError, NotFoundError, RateLimitedError
from web.api import problems


def body_of(error):
    response = problems.answer(error)
    assert response.media_type == "application/problem+json"
    return response, json.loads(response.body)


def test_an_error_of_ours_says_what_it_means():
    response, body = body_of(NotFoundError("There is no issue 7."))
    assert response.status_code == body["status"] == 404
    assert body["detail"] == "There is no issue 7."
    assert body["code"] == "ML-REF-0001"


def test_the_request_id_is_in_it():
    with context.bound(request_id="abc"):
        _, body = body_of(NotFoundError())
    assert body["request_id"] == "abc"


def test_an_accident_tells_nothing_of_the_inside():
    response, body = body_of(KeyError("secret_table"))
    assert response.status_code == 500
    assert "secret_table" not in response.body.decode()
    assert body["code"] == "ML-CORE-0002"


def test_a_librarys_own_words_stay_inside():
    response, body = body_of(FileNotFoundError(errno.ENOENT, "gone", "/var/lib/secret"))
    assert response.status_code == 404
    assert "secret" not in response.body.decode()
    assert body["detail"] == "Not found"


def test_a_wait_is_told_in_whole_seconds():
    response, _ = body_of(RateLimitedError(retry_after=1.2))
    assert response.headers["retry-after"] == str(math.ceil(1.2))


def test_a_missing_dependency_is_not_our_callers_fault():
    assert body_of(DatabaseUnavailableError("host db.internal"))[0].status_code == 503
    assert "db.internal" not in body_of(DatabaseUnavailableError("host db.internal"))[1]["detail"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503])
def test_a_bare_status_gets_a_code_and_a_sentence(status):
    response, body = body_of(HTTPException(status, headers={"allow": "GET"}))
    assert response.status_code == body["status"] == status
    assert response.headers["allow"] == "GET"
    assert body["code"].startswith("ML-")
    assert body["title"]


def test_a_status_that_nobody_named_is_kept():
    response, body = body_of(HTTPException(418))
    assert response.status_code == body["status"] == 418


def test_an_unknown_caller_is_told_how_to_authenticate():
    assert body_of(HTTPException(401))[0].headers["www-authenticate"] == "Bearer"


def mistakes(*found):
    errors = [{"loc": loc, "msg": "wrong", "type": "odd"} for loc in found]
    return body_of(RequestValidationError(errors))[1]["errors"]


def test_mistakes_in_the_body_have_json_pointers():
    found = mistakes(("body", "a/b", 0, "c~d"), ("body",))
    assert [each["pointer"] for each in found] == ["#/a~1b/0/c~0d", "#"]


def test_mistakes_elsewhere_name_the_parameter():
    assert mistakes(("query", "limit")) == [
        {"parameter": "limit", "in": "query", "detail": "wrong", "code": "odd"}
    ]


def test_what_is_not_json_is_undecodable():
    error = RequestValidationError([{"loc": ("body", 3), "msg": "x", "type": "json_invalid"}])
    response, body = body_of(error)
    assert (response.status_code, body["code"]) == (400, "ML-VAL-0004")
