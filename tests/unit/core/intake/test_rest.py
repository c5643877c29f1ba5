import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.intake import rest


def event(**report):
    return rest.to_event(rest.check({"error": "boom"} | report))


@pytest.mark.parametrize(
    "error",
    [
        "boom",
        {"message": "boom"},
        {"type": "E", "message": "boom"},
        {"type": "E"},
        {"type": "E", "message": 5},
    ],
)
def test_what_tells_an_error(error):
    assert rest.check({"error": error})


@pytest.mark.parametrize(
    "report",
    [
        [],
        "text",
        None,
        {},
        {"error": 5},
        {"error": ""},
        {"error": "  "},
        {"error": None},
        {"error": []},
        {"error": {}},
        {"error": {"message": ""}},
        {"error": {"stacktrace": "at x"}},
    ],
)
def test_what_tells_none_is_refused(report):
    with pytest.raises(InvalidInputError):
        rest.check(report)


def test_a_string_is_a_message():
    found = event(error="Cannot find path 'C:\\x'")
    assert found["logentry"] == {"formatted": "Cannot find path 'C:\\x'"}
    assert "exception" not in found


def test_a_message_alone_is_one_too():
    assert event(error={"message": "boom"})["logentry"] == {"formatted": "boom"}


def test_an_object_is_an_exception():
    error = {"type": "IOError", "message": "gone", "module": "io", "stacktrace": "at x", "code": 5}
    (value,) = event(error=error)["exception"]["values"]
    assert value == {
        "type": "IOError",
        "value": "gone",
        "module": "io",
        "stacktrace": "at x",
        "code": 5,
    }


def test_a_stack_trace_needs_no_type():
    (value,) = event(error={"message": "gone", "stacktrace": "at x"})["exception"]["values"]
    assert value["type"] == "Error"


@pytest.mark.parametrize("name", ["stack", "traceback"])
def test_a_trace_has_the_name_that_its_language_gives_it(name):
    found = event(error={"type": "E", "message": "gone", name: "at x", "note": 1})

    assert found["exception"]["values"][0]["stacktrace"] == "at x"
    assert found["extra"] == {"error.note": 1}


def test_of_two_traces_the_other_one_is_kept():
    found = event(error={"type": "E", "message": "gone", "stacktrace": "at x", "stack": "at y"})

    assert found["exception"]["values"][0]["stacktrace"] == "at x"
    assert found["extra"] == {"error.stack": "at y"}


@pytest.mark.parametrize("place", ["error", "top"])
def test_code_and_status_are_taken_from_either_place(place):
    told = {"code": "40001", "http_status": 503}
    error = {"type": "E", "message": "m"}
    found = event(error=error | told) if place == "error" else event(error=error, **told)
    assert (found["code"], found["http_status"]) == ("40001", 503)


@pytest.mark.parametrize("odd", [None, [], {}, True, 1.5])
def test_odd_codes_are_left_out(odd):
    assert "code" not in event(code=odd)


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "fatal"),
        ("HIGH", "error"),
        ("Medium", "warning"),
        ("low", "info"),
        ("debug", "debug"),
        ("odd", "error"),
        (5, "error"),
        (None, "error"),
    ],
)
def test_severity_becomes_a_level(severity, level):
    assert event(severity=severity)["level"] == level


def test_component_and_operation_can_be_searched_for():
    found = event(component="billing", operation="charge", operation_id="op-1", attempt=3)
    assert found["tags"] == {"component": "billing", "operation": "charge"}
    assert found["contexts"]["mendline"] == {
        "attempt": 3,
        "component": "billing",
        "operation": "charge",
        "operation_id": "op-1",
    }


@pytest.mark.parametrize(
    ("told", "attempt"),
    [(2, 2), ("3", 3), *((odd, None) for odd in (None, 0, -1, True, 1.5, "x", 10**9))],
)
def test_attempt(told, attempt):
    assert rest.attempt({"attempt": told}) == attempt


def test_how_to_replay_is_kept():
    replay = {"task": "shop.charge", "args": [1], "kwargs": {}, "queue": "shop"}
    assert event(replay=replay)["contexts"]["mendline"]["replay"] == replay
    assert "replay" not in event(replay="odd")["contexts"]["mendline"]


def test_context_and_unknown_fields_are_extra():
    found = event(context={"a": 1}, hologram=2, error={"type": "E", "message": "m", "hint": "x"})
    assert found["extra"] == {"a": 1, "hologram": 2, "error.hint": "x"}


def test_a_context_that_is_no_object_is_kept():
    assert event(context="plain")["extra"] == {"context": "plain"}


@pytest.mark.parametrize(
    "odd",
    [
        {"tags": ["urgent"]},
        {"tags": [["a", "b"]]},
        {"replay": "shop.charge"},
        {"component": {"name": "billing"}},
        {"operation_id": [1]},
        {"timestamp": {"sec": 5}},
        {"severity": ["high"]},
        {"code": {"status": 5}},
    ],
)
def test_what_has_an_odd_type_is_extra(odd):
    assert event(**odd)["extra"] == odd


def test_so_is_a_message_that_is_no_text():
    found = event(error={"type": "HTTPError", "message": {"reason": "quota"}})
    assert found["exception"]["values"] == [{"type": "HTTPError", "value": ""}]
    assert found["extra"] == {"error.message": {"reason": "quota"}}


@pytest.mark.parametrize("name", ["tags", "replay", "component", "code"])
@pytest.mark.parametrize("value", [None, {}, []])
def test_what_is_empty_is_nothing(name, value):
    assert event(**{name: value})["extra"] == {}


def test_times_are_read_or_kept_as_they_were():
    assert event(timestamp=1772366400)["timestamp"] == "2026-03-01T12:00:00.000Z"
    odd = event(timestamp="soon")
    assert "timestamp" not in odd
    assert odd["contexts"]["mendline"]["unreadable_timestamp"] == "soon"


def test_release_environment_and_fingerprint_go_along():
    told = {"release": "1.0", "environment": "test", "fingerprint": ["a"], "event_id": "x"}
    assert event(**told).items() >= told.items()


def test_tags_go_along():
    assert event(tags={"a": 1, "b": None}, component="c")["tags"] == {
        "a": "1",
        "b": "",
        "component": "c",
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(rest._READ)) | st.text(), VALUES, max_size=8)


@given(FIELDS)
def test_any_other_field_may_be_odd(fields):
    report = fields | {"error": "boom"}
    assert rest.to_event(rest.check(report))["logentry"] == {"formatted": "boom"}
    assert (rest.attempt(report) or 1) >= 1
