import pytest

from core.deadletters.content import Content, content
from core.model import DeadLetter


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"arguments": {"args": [1], "kwargs": {"a": 2}}}, Content([1], {"a": 2})),
        ({"raw": b'[[1], {"a": 2}, {"chord": null}]'}, Content([1], {"a": 2})),
        ({"arguments": {"args": [], "kwargs": {}}, "raw": b"x"}, Content([], {})),
        ({"raw": b"{not json"}, None),
        ({"raw": b"[[1], {}]"}, None),
        ({"raw": b"[{}, [], {}]"}, None),
        ({"raw": b"17"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_arguments_are_found_wherever_they_stand(fields, found):
    assert content(DeadLetter(**fields)) == found


@pytest.mark.parametrize(
    ("args", "kwargs", "work_id"),
    [
        ([], {"work_id": 7}, 7),
        ([1], {"work_id": 7}, None),
        ([], {"work_id": "7"}, None),
        ([], {"work_id": True}, None),
        ([], {"work_id": 7, "a": 1}, None),
    ],
)
def test_a_message_that_only_names_a_row(args, kwargs, work_id):
    assert Content(args, kwargs).work_id == work_id
