import pytest
from kombu import Message

from workers import letters
from workers.letters import item_letter, letter


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
    assert found.capture_key.startswith("message-m1-")
    assert (found.task, found.queue) == ("a.b", "intake")
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


def test_the_same_id_with_another_body_is_another_letter():
    headers = {"id": "m1"}
    first, second = (letter(message(body, headers), "refused", None) for body in (b"1", b"2"))
    assert first.capture_key != second.capture_key


def test_the_number_of_a_delivery_is_not_part_of_the_key():
    first, second = (letter(message(delivery_tag=tag), "refused", None) for tag in (1, 2))
    assert first.capture_key == second.capture_key


@pytest.mark.parametrize(
    "other", [{"headers": {"task": "b"}}, {"properties": {"correlation_id": "2"}}], ids=str
)
def test_without_an_id_and_a_tag_the_rest_tells_messages_apart(other):
    first = message(delivery_tag=1)
    assert letters.key_of(first) != letters.key_of(message(delivery_tag=1, **other))


def test_what_the_broker_adds_is_not_part_of_the_key():
    first = message(delivery_tag=1, headers={"task": "a"})
    again = message(delivery_tag=2, headers={"task": "a", "x-delivery-count": 2})
    assert letters.key_of(first) == letters.key_of(again)


def test_huge_body_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(letters, "RAW_LIMIT", 4)
    found = letter(message(b"123456"), "refused", None)
    assert found.raw == b"1234"
    assert found.headers["raw_bytes"] == 6
    assert found.headers["raw_sha256"].startswith("8d969eef")


def test_headers_and_properties_are_kept():
    found = letter(message(headers={"x": [1]}, properties={"priority": 3}), "refused", None)
    assert found.headers["x"] == [1]
    assert found.headers["properties"] == {"priority": 3}


def test_readable_arguments_are_kept_for_a_replay():
    found = letter(message(b'[[1], {"a": 2}, null]'), "unknown_task", None)
    assert found.arguments == {"args": [1], "kwargs": {"a": 2}}


@pytest.mark.parametrize("reason", ["poison", "undecodable"])
def test_what_may_have_ended_a_worker_is_not_read_again(reason):
    assert letter(message(b'[[1], {"a": 2}, null]'), reason, None).arguments is None


def test_an_item_of_a_list_is_kept_whole():
    found = item_letter(b"\xff{", "intake", ValueError("bad"))
    assert (found.raw, found.queue, found.reason) == (b"\xff{", "intake", "refused")


@pytest.mark.parametrize(
    "body",
    ["text", None, 4, memoryview(b"x")],
    ids=["text", "nothing", "number", "view"],
)
def test_any_kind_of_body_is_kept_as_bytes(body):
    assert isinstance(letter(message(body), "refused", None).raw, bytes)
