from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import analyse
from core.errors import Category
from tests.unit.core.analysis.builders import KNOWLEDGE, event, failure

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = (
    "exception", "values", "type", "value", "module", "stacktrace", "frames", "function",
    "filename", "in_app", "message",
    "logentry", "formatted", "params", "fingerprint", "tags", "threads", "mechanism",
    "exception_id", "parent_id",
    "is_exception_group", "platform", "level", "code", "http_status", "request", "url",
    "contexts", "extra", "user", "meta",
)  # fmt: skip
SHAPED = st.recursive(
    SCALARS
    | st.sampled_from(
        ["{{ default }}", "python", "java", "http://[", "Traceback (most recent call last):\n"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | SHAPED, max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_object_has_a_key_a_title_and_a_category(raw):
    found = analyse(raw, KNOWLEDGE)

    assert len(found.grouping.issue_key) == 32
    assert found.grouping.title
    assert found.grouping.culprit
    assert found.grouping.why
    assert isinstance(found.classification.category, Category)
    assert found.classification.family
    assert found == analyse(raw, KNOWLEDGE)


def test_lone_surrogates_and_nulls_have_a_key():
    raw = event(failure("E\udc80", "x\x00\ud800"), fingerprint=["\udfff"])

    assert analyse(raw, KNOWLEDGE).grouping.issue_key
