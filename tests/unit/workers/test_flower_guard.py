import base64

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from workers.flower_guard import hide, refusal, without_contents

CREDENTIALS = "ops:pa:ss"


def request(method="GET", uri="/", credentials=CREDENTIALS, scheme="Basic"):
    headers = HTTPHeaders({"Host": "localhost"})
    if credentials is not None:
        headers["Authorization"] = f"{scheme} {base64.b64encode(credentials.encode()).decode()}"
    line = RequestStartLine(method, uri, "HTTP/1.1")
    return HTTPServerRequest(start_line=line, headers=headers, connection=FakeConnection())


class FakeConnection:
    """What tornado asks of a connection when a request is made."""

    context = None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_knows_the_password_may_look(method):
    assert refusal(request(method, "/metrics"), CREDENTIALS) is None


@pytest.mark.parametrize("credentials", [None, "", "ops:", "ops:pa:ss ", "Ops:pa:ss", "öps:pa:ss"])
def test_who_does_not_may_nothing(credentials):
    assert refusal(request("POST", "/tasks/datatable", credentials), CREDENTIALS) == 401


def test_another_scheme_is_no_password():
    assert refusal(request(scheme="Bearer"), CREDENTIALS) == 401


@pytest.mark.parametrize(
    ("method", "uri", "status"),
    [
        ("POST", "/tasks/datatable?draw=1", None),
        ("POST", "/tasks/datatable/", 403),
        ("POST", "/api/task/apply/x", 403),
        ("DELETE", "/tasks/datatable", 403),
        ("OPTIONS", "/", 403),
    ],
)
def test_nobody_may_change_anything(method, uri, status):
    assert refusal(request(method, uri), CREDENTIALS) == status


def test_contents_and_secrets_in_texts_are_masked():
    event = {"uuid": "1", "args": "(1,)", "kwargs": "{}", "exception": "redis://:hunter2@db"}
    assert without_contents(event) == {
        "uuid": "1",
        "args": "[masked]",
        "kwargs": "[masked]",
        "exception": "redis://:[masked]@db",
    }


def test_tasks_in_a_workers_answer_are_masked_at_both_depths():
    active = {"id": "1", "args": [1], "kwargs": {"a": 1}}
    scheduled = {"eta": "now", "request": active}
    for shown in hide([active]) + [each["request"] for each in hide([scheduled])]:
        assert shown == {"id": "1", "args": "[masked]", "kwargs": "[masked]"}
    assert hide(["id-of-a-revoked-task"]) == ["id-of-a-revoked-task"]
