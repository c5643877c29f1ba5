import pytest

from tests.unit.core.analysis.builders import event, failure, frame, grouped, key
from tests.unit.core.analysis.languages.samples import sample

GROUP = {"exception_id": 0, "is_exception_group": True}


def member(kind, value, number, *frames, parent=0, **more):
    return failure(
        kind, value, *frames, mechanism={"exception_id": number, "parent_id": parent, **more}
    )


def group(*members, kind="ExceptionGroup"):
    return event(*members, failure(kind, "several (2)", frame("run"), mechanism=GROUP))


def test_causes_are_part_of_the_key():
    surfaced = failure("PaymentError", "no", frame("pay"))

    assert key(event(surfaced)) != key(event(failure("KeyError", "x", frame("look")), surfaced))


def test_repeats_of_a_retrying_loop_count_once():
    once = failure("TimeoutError", "slow 1", frame("call"))
    again = failure("TimeoutError", "slow 2", frame("call"))

    assert key(event(once)) == key(event(once, again, again))


def test_members_of_a_group_count_in_any_order():
    one, two = member("ValueError", "a", 1, frame("f")), member("KeyError", "b", 2, frame("g"))
    other = [member("KeyError", "b", 1, frame("g")), member("ValueError", "a", 2, frame("f"))]

    assert key(group(one, two)) == key(group(*other))


def test_equal_members_of_a_group_count_once():
    members = [member("ValueError", str(number), number, frame("f")) for number in (1, 2, 3)]

    assert key(group(*members[:2])) == key(group(*members))


def test_a_group_of_one_failure_is_known_by_that_failure():
    found = grouped(group(member("ValueError", "bad", 1, frame("f"))))

    assert found.title == "ValueError: bad"
    assert "frame: cart.py:f" in found.why


def test_another_member_makes_another_issue():
    one = member("ValueError", "a", 1, frame("f"))

    assert key(group(one)) != key(group(one, member("KeyError", "b", 2, frame("g"))))


def test_nested_groups_are_looked_through():
    inner = member("ExceptionGroup", "inner", 1, is_exception_group=True)
    leaf = member("KeyError", "b", 2, frame("g"), parent=1)

    assert grouped(group(inner, leaf)).title == "KeyError: b"


def test_a_member_comes_with_its_causes():
    leaf = member("KeyError", "b", 1, frame("g"))
    cause = member("OSError", "disk", 2, frame("h"), parent=1)

    assert key(group(leaf)) != key(group(cause, leaf))


def test_a_cycle_among_parents_ends():
    one = member("ExceptionGroup", "x", 1, parent=0, is_exception_group=True)
    two = member("ExceptionGroup", "y", 1, parent=1, is_exception_group=True)

    assert key(group(one, two))


def test_a_printed_trace_stands_for_frames():
    trace = (
        'Traceback (most recent call last):\n  File "cart.py", line 3, in pay\n    x\nKeyError: "a"'
    )
    told = event(failure("KeyError", "a", stacktrace=trace), platform="other")

    found = grouped(told)

    assert found.mechanism == "stacktrace"
    assert found.why == ("type: KeyError", "frame: cart.py:pay")


def test_a_vague_type_gives_way_to_the_printed_one():
    trace = 'Traceback (most recent call last):\n  File "cart.py", line 3, in pay\nKeyError: "a"'

    assert "type: KeyError" in grouped(event(failure("Error", "x", stacktrace=trace))).why


def test_a_client_that_marks_no_groups_still_tells_who_belongs_to_whom():
    one, two = member("ValueError", "a", 1, frame("f")), member("KeyError", "b", 2, frame("g"))
    root = failure("AggregateError", "2 errors: a, b", mechanism={"exception_id": 0})

    assert key(event(one, two, root)) == key(event(two, one, root))


def test_what_a_group_says_of_its_members_does_not_count():
    one, two = member("ValueError", "a", 1, frame("f")), member("KeyError", "b", 2, frame("g"))
    roots = [failure("AggregateError", said, mechanism=GROUP) for said in ("a, b", "b, a")]

    assert key(event(one, two, roots[0])) == key(event(one, two, roots[1]))


def test_causes_that_return_count_once():
    one, two = failure("IOError", "a", frame("f")), failure("PayError", "b", frame("g"))

    assert key(event(one, two)) == key(event(one, two, one, two))


def test_every_failure_may_bring_its_trace_as_text():
    outer = 'Traceback (most recent call last):\n  File "cart.py", line 3, in pay\nPayError: x'
    inner = 'Traceback (most recent call last):\n  File "bank.py", line 3, in call\nOSError: y'
    told = event(
        failure("OSError", "y", stacktrace=inner), failure("PayError", "x", stacktrace=outer)
    )

    assert grouped(told).why == (
        "type: OSError",
        "frame: bank.py:call",
        "type: PayError",
        "frame: cart.py:pay",
    )


@pytest.mark.parametrize("name", ["python_group", "aggregate"])
def test_a_printed_group_is_one(name):
    found = grouped({"message": sample(name)})

    assert found.mechanism == "stacktrace"
    assert found.title.startswith(("ExceptionGroup: several", "AggregateException: One or more"))


def test_members_of_a_printed_group_count_in_any_order():
    text = sample("python_group")
    head, first, rest = text.partition("  +-+---------------- 1 ----------------\n")
    one, _, two = rest.partition("    +---------------- 2 ----------------\n")
    swapped = f"{head}{first}{two}    +---------------- 2 ----------------\n{one}"

    assert key({"message": swapped}) == key({"message": text})
