import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.knowledge import knowledge
from core.analysis import analyse
from core.grouping.example import LONGEST, example
from tests.unit.core.analysis.builders import event, failure, frame
from tests.unit.core.analysis.test_analyse import FIELDS, JSON, SHAPED

KNOWLEDGE = knowledge()
LOCAL = {"vars": {"password": "x"}, "pre_context": ["a"], "post_context": ["b"]}
RICH = event(
    failure("KeyError", "user 5", frame("look", context_line="x = 1", **LOCAL)),
    user={"email": "a@example.org"},
    request={"url": "https://a.example/1", "data": "secret"},
    breadcrumbs=[{"message": "x"}],
    contexts={"device": {"id": "1"}},
    extra={"code": "E5", "basket": [1, 2]},
    tags={"region": "eu"},
)


def kept(raw):
    return orjson.loads(example(raw))


def test_persons_and_locals_are_not_kept():
    found = kept(RICH)
    (only,) = found["exception"]["values"][0]["stacktrace"]["frames"]
    assert set(found) == {"platform", "exception", "extra", "tags"}
    assert found["extra"] == {"code": "E5"}
    assert set(only) == {"function", "filename", "in_app", "context_line"}


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | SHAPED, max_size=6))
@settings(max_examples=150, deadline=None)
def test_an_example_has_the_key_of_its_event(raw):
    try:
        plain = orjson.loads(orjson.dumps(raw))
    except (orjson.JSONEncodeError, TypeError):
        return
    expected = analyse(plain, KNOWLEDGE).grouping.issue_key
    assert analyse(kept(plain), KNOWLEDGE).grouping.issue_key == expected


@pytest.mark.parametrize("raw", [RICH, {"message": "hello"}, {}])
def test_also_with_everything_that_people_send(raw):
    found = analyse(kept(raw), KNOWLEDGE).grouping
    assert found.issue_key == analyse(raw, KNOWLEDGE).grouping.issue_key


def test_what_is_too_large_is_not_kept():
    assert example({"message": "x" * LONGEST}) is None
