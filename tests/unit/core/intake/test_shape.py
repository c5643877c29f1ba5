import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.shape import _FIXES, normalise


@pytest.mark.parametrize("name", ["exception", "breadcrumbs", "threads"])
@pytest.mark.parametrize(
    ("found", "values"),
    [
        ([{"type": "A"}], [{"type": "A"}]),
        ({"values": [{"type": "A"}, None]}, [{"type": "A"}]),
        ({"type": "A"}, [{"type": "A"}]),
        ({"values": None}, [{"value": "None"}][:0]),
        ("text", [{"value": "text"}]),
        ({"values": {"type": "A"}}, [{"type": "A"}]),
    ],
)
def test_lists_are_below_values(name, found, values):
    assert normalise({name: found})[name] == {"values": values}


@pytest.mark.parametrize(
    ("found", "clean"),
    [
        ({"frames": None}, {"frames": []}),
        ({"frames": [{"function": "f"}, None]}, {"frames": [{"function": "f"}]}),
        ([{"function": "f"}], {"frames": [{"function": "f"}]}),
        ("at f (a.js:1)", "at f (a.js:1)"),
    ],
)
def test_stack_traces(found, clean):
    event = normalise({"exception": [{"type": "A", "stacktrace": found}]})
    assert event["exception"]["values"][0]["stacktrace"] == clean


@pytest.mark.parametrize(
    ("tags", "clean"),
    [
        ([["a", "b"], ["c", None]], {"a": "b"}),
        ([{"key": "a", "value": 1}], {"a": "1"}),
        ({"a": True, "b": None, "c": 1.5}, {"a": "true", "c": "1.5"}),
        (["lonely"], {"lonely": ""}),
        ("lonely", {"lonely": ""}),
    ],
)
def test_tags_are_a_mapping_of_text(tags, clean):
    assert normalise({"tags": tags})["tags"] == clean


@pytest.mark.parametrize("message", ["boom", {"formatted": "boom"}])
def test_a_message_is_a_log_entry(message):
    assert normalise({"message": message})["logentry"] == {"formatted": "boom"}


def test_a_log_entry_of_its_own_wins():
    event = normalise({"message": "a", "logentry": "b"})
    assert event["logentry"] == {"formatted": "b"}


@pytest.mark.parametrize("name", ["extra", "contexts", "user", "request"])
def test_other_values_are_kept_below_value(name):
    assert normalise({name: [1]})[name] == {"value": [1]}
    assert normalise({name: {"a": 1}})[name] == {"a": 1}


def test_fingerprints_are_texts():
    assert normalise({"fingerprint": ["a", 1, None]})["fingerprint"] == ["a", "1"]
    assert normalise({"fingerprint": "a"})["fingerprint"] == ["a"]


def test_names_are_text():
    assert normalise({"level": 40, "release": True})["level"] == "40"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*_FIXES, "message", "other"]), ANY))
def test_any_shape_is_taken_and_stays(event):
    once = normalise(dict(event))
    assert normalise(dict(once)) == once
    assert event.get("other") == once.get("other")
