import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.shape import Shape, marks, shape_of
from core.analysis.similarity import SUGGEST, likeness, rarity
from tests.unit.core.analysis.builders import event, failure, frame

STACK = ("pay", "charge", "checkout", "handle", "main")
TEXT = st.text(max_size=12)
SHAPES = st.builds(
    lambda kind, said, frames: Shape(kind, said, tuple(frames), (True,) * len(frames)),
    TEXT,
    TEXT,
    st.lists(TEXT.filter(bool), max_size=12),
)


def shape(*functions, kind="ValueError", said="cart is empty", own=True):
    frames = tuple(f"shop.{name}:{name}" for name in functions)
    return Shape(kind, said, frames, (own,) * len(frames))


def score(one, other, rarity_of=lambda _frame: 1.0):
    return likeness(one, other, rarity_of).score


@given(SHAPES)
def test_everything_with_calls_is_wholly_like_itself(one):
    if one.frames:
        assert score(one, one) == pytest.approx(1.0)


@given(SHAPES, SHAPES)
def test_likeness_has_no_direction_and_stays_within_bounds(one, other):
    assert 0 <= score(one, other) <= 1
    assert score(one, other) == pytest.approx(score(other, one), abs=1e-3)


@pytest.mark.parametrize(
    "variant",
    [
        ("pay", "renamed", "checkout", "handle", "main"),
        ("pay", "charge", "wrapper", "checkout", "handle", "main"),
        ("pay", "charge", "checkout", "job", "worker"),
    ],
    ids=["renamed", "inserted", "other entry point"],
)
def test_variants_of_a_failure_are_suggested(variant):
    assert score(shape(*STACK), shape(*variant)) >= SUGGEST


@pytest.mark.parametrize(
    "other",
    [
        shape(
            "reserve", "stock", "checkout", "handle", "main", kind="KeyError", said="no such bin"
        ),
        shape(*STACK, kind="KeyError", said="an unrelated sentence"),
        shape("send", "mail", "notify"),
    ],
    ids=["elsewhere below the same entry", "another error at the same place", "all other"],
)
def test_other_failures_are_not(other):
    assert score(shape(*STACK), other) < SUGGEST


def test_calls_near_the_failure_weigh_more():
    near = shape("other", *STACK[1:])
    far = shape(*STACK[:-1], "other")
    assert score(shape(*STACK), far) > score(shape(*STACK), near)


def test_what_all_issues_share_tells_little():
    def common(frame):
        return rarity(900 if "handle" in frame or "main" in frame else 1, 1_000)

    one, other = shape("pay", "handle", "main"), shape("ship", "handle", "main")
    assert score(one, other, common) < score(one, other)


def test_calls_of_libraries_weigh_less():
    library = Shape("E", "", ("lib:get", "lib:send"), (False, False))
    mixed = Shape("E", "", ("lib:get", "lib:send", "shop:pay"), (False, False, True))
    other = Shape("E", "", ("lib:get", "lib:send", "mall:buy"), (False, False, True))
    assert score(mixed, other) < score(library, library)
    own = mixed._replace(own=(True, True, True)), other._replace(own=(True, True, True))
    assert score(mixed, other) < score(*own)


def test_without_calls_the_words_of_the_same_type_decide():
    one = shape(said="cannot reach the printer on floor <n>")
    other = shape(said="cannot reach the scanner on floor <n>")
    assert score(one, other) >= SUGGEST
    assert score(one, other._replace(type="KeyError")) == 0
    assert score(shape(said="no"), shape(said="no")) == 0


def test_the_answer_says_why():
    found = likeness(shape(*STACK), shape("pay", "renamed", *STACK[2:]))
    assert found.reasons[0].endswith("% alike; they share 4 of 5 and 5 calls.")
    assert "Both failed in shop.pay:pay." in found.reasons
    assert "Both are of type ValueError." in found.reasons


def test_a_shape_has_the_failing_call_first_and_knows_what_is_own():
    calls = (frame("main"), frame("get", "lib/http.py", in_app=False), frame("pay"))
    found = shape_of(event(failure("ValueError", "order 17 is gone", *calls)))
    assert found.type == "ValueError"
    assert "17" not in found.template
    assert [each.rpartition(":")[2] for each in found.frames] == ["pay", "get", "main"]
    assert found.own == (True, False, True)


def test_projects_share_no_marks():
    found = shape(*STACK)
    assert not set(marks(found, 1)) & set(marks(found, 2))
    assert len(marks(found, 1)) == len(STACK) + 1


@given(st.recursive(st.none() | st.integers() | TEXT, lambda inner: st.dictionaries(
    st.sampled_from(["exception", "values", "type", "value", "stacktrace", "frames", "message",
                     "function", "filename", "platform"]), inner | st.lists(inner))))  # fmt: skip
def test_any_event_has_a_shape(raw):
    assert isinstance(shape_of(raw if isinstance(raw, dict) else {"message": raw}), Shape)
