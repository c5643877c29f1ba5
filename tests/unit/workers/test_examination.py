import json

import pytest
from kombu import Message
from kombu.exceptions import ContentDisallowed, DecodeError

from core.deadletters.refusal import UnreadableMessageError
from workers.examination import examine, moment, strip

GOOD = [[], {"a": 1}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
HEADERS = {
    "lang": "py",
    "task": "intake.report",
    "id": "4d2f",
    "shadow": None,
    "eta": None,
    "expires": "2026-03-01T12:00:00+00:00",
    "group": None,
    "group_index": None,
    "retries": 0,
    "timelimit": [None, 3.5],
    "root_id": "4d2f",
    "parent_id": None,
    "argsrepr": "()",
    "stamped_headers": None,
    "stamps": {},
}


def message(body=GOOD, headers=HEADERS, **options):
    values = {"content_type": "application/json", "content_encoding": "utf-8", **options}
    found = Message(body=json.dumps(body).encode(), headers={}, **values)
    found.headers = headers
    found.accept = {"application/json"}
    return found


def test_what_celery_sends_is_in_order():
    found = examine(message())
    assert (found.args, found.kwargs) == ([], {"a": 1})
    assert found.fields["task"] == "intake.report"


def test_what_older_and_foreign_clients_send_is_in_order():
    body = {"id": "1", "task": "intake.report", "args": [], "kwargs": {"a": 1}, "retries": 0}
    assert examine(message(body, {})).fields["id"] == "1"


WRONG_HEADERS = [
    None,
    [],
    {},
    {"task": None},
    {"task": ["x"]},
    {"id": None},
    {"id": 5},
    {"id": ""},
    {"id": "x" * 256},
    {"id": "a\nb"},
    {"timelimit": 5},
    {"timelimit": [1]},
    {"timelimit": [True, None]},
    {"timelimit": [-1, None]},
    {"timelimit": [float("inf"), None]},
    {"retries": "1"},
    {"retries": True},
    {"retries": -1},
    {"eta": "soon"},
    {"eta": 5},
    {"eta": "9999-12-31T00:00:00"},
    {"expires": "x" * 100},
    {"stamped_headers": [1]},
    {"stamps": []},
    {"groups": "a"},
    {"root_id": 1},
    {"shadow": []},
    {"replaced_task_nesting": "x"},
]


@pytest.mark.parametrize("wrong", WRONG_HEADERS, ids=str)
def test_headers_that_celery_would_stumble_over(wrong):
    headers = HEADERS | wrong if isinstance(wrong, dict) and wrong else wrong
    with pytest.raises(UnreadableMessageError):
        examine(message(headers=headers))


WRONG_BODIES = [
    None,
    5,
    "text",
    [],
    [[], {}],
    [[], {}, {}, {}],
    [{}, {}, {}],
    [[], [], {}],
    [[], {}, []],
    [[], {}, {"id": "other"}],
    [[], {}, {"chain": {}}],
    [[], {}, {"chord": []}],
    {"args": [], "kwargs": {}},
    {"task": "other.task", "args": [], "kwargs": {}},
    {"task": "intake.report", "args": {}, "kwargs": {}},
    {"task": "intake.report", "kwargs": {}},
]


@pytest.mark.parametrize("body", WRONG_BODIES, ids=str)
def test_bodies_that_celery_would_stumble_over(body):
    with pytest.raises(UnreadableMessageError):
        examine(message(body))


def test_types_of_content_are_refused_as_ever():
    with pytest.raises(ContentDisallowed):
        examine(message(content_type="application/x-python-serialize"))


def test_a_body_that_is_not_json():
    broken = message()
    broken.body = b"{"
    with pytest.raises(DecodeError):
        examine(broken)


@pytest.mark.parametrize("options", [{"content_type": []}, {"content_encoding": 8}], ids=str)
def test_a_content_type_that_is_no_text(options):
    with pytest.raises(UnreadableMessageError):
        examine(message(**options))


def test_stripped_headers_are_gone_wherever_they_stood():
    body = {"id": "1", "task": "t.do", "args": [], "kwargs": {}, "eta": "2026-03-01T12:00:00"}
    found = message(body, {"eta": "2026-03-01T12:00:00"})
    strip(found, "eta")
    assert "eta" not in examine(found).fields


def test_a_time_without_a_zone_is_utc():
    assert moment("2026-03-01T12:00:00") == moment("2026-03-01T13:00:00+01:00")
