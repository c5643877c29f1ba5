import pytest
from kombu import Message

from workers.letters import RAW_LIMIT, letter


def message(body=b"[]", headers=None, **options):
    values = {
        "delivery_tag": "tag-1",
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "delivery_info": {"routing_key": "intake"},
        **options,
    }
    return Message(body=body, headers=headers, **values)


def test_letter_keeps_the_message_as_it_came():
    headers = {"id": "m1", "task": "a.b", "retries": 2, "argsrepr": "('secret',)"}
    found = letter(message(b"\xff\x00", headers), "undecodable", ValueError("bad"))
    assert (found.capture_key, found.task, found.queue) == ("message-m1", "a.b", "intake")
    assert found.raw == b"\xff\x00"
    assert found.headers["retries"] == 2
    assert "argsrepr" not in found.headers
    assert found.error.message == "bad"


ODD = [None, [], "text", {"id": 3, "task": ["a"]}, {"id": None}, {3: 4}]


@pytest.mark.parametrize("headers", ODD, ids=str)
def test_odd_headers_make_a_letter_all_the_same(headers):
    found = message()
    found.headers = headers
    assert letter(found, "refused", None).capture_key.startswith("message-")


def test_messages_without_an_id_are_told_apart_by_their_content():
    first = letter(message(b"1"), "refused", None)
    assert letter(message(b"1"), "refused", None).capture_key == first.capture_key
    assert letter(message(b"2"), "refused", None).capture_key != first.capture_key


def test_huge_body_is_cut():
    assert len(letter(message(b"x" * (RAW_LIMIT + 1)), "refused", None).raw) == RAW_LIMIT


@pytest.mark.parametrize(
    "body",
    ["text", None, 4, memoryview(b"x")],
    ids=["text", "nothing", "number", "view"],
)
def test_any_kind_of_body_is_kept_as_bytes(body):
    assert isinstance(letter(message(body), "refused", None).raw, bytes)
