import copy
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.analysis.builders import event, failure, frame, grouped, key

BASE = event(failure("KeyError", "name", frame("main"), frame("look")))
VOLATILE = {
    "event_id": st.text(string.hexdigits, min_size=32, max_size=32),
    "timestamp": st.floats(0, 2e9),
    "server_name": st.text(max_size=20),
    "breadcrumbs": st.just({"values": [{"message": "x"}]}),
    "extra": st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    "contexts": st.just({"trace": {"trace_id": "ab"}}),
    "user": st.just({"id": "42"}),
    "release": st.text(max_size=10),
    "request": st.just({"url": "https://a.example/1"}),
}


@given(st.fixed_dictionaries({}, optional=VOLATILE))
def test_volatile_fields_never_change_the_key(changes):
    assert key({**BASE, **changes}) == key(BASE)


@given(
    st.integers(1, 9_999),
    st.text(max_size=20),
    st.text("0123456789abcdef", min_size=4, max_size=12),
)
def test_lines_locals_and_addresses_never_change_the_key(line, local, address):
    other = copy.deepcopy(BASE)
    for found in other["exception"]["values"][0]["stacktrace"]["frames"]:
        found |= {"lineno": line, "vars": {"x": local}, "instruction_addr": f"0x{address}"}

    assert key(other) == key(BASE)


def test_the_value_does_not_count_beside_a_stack():
    assert key(event(failure("KeyError", "other", frame("main"), frame("look")))) == key(BASE)


@pytest.mark.parametrize(
    "other",
    [
        event(failure("ValueError", "name", frame("main"), frame("look"))),
        event(failure("KeyError", "name", frame("main"), frame("find"))),
        event(failure("KeyError", "name", frame("main", "shop/order.py"), frame("look"))),
    ],
)
def test_another_type_or_frame_is_another_issue(other):
    assert key(other) != key(BASE)


def test_without_frames_type_and_template_decide():
    found = grouped(event(failure("KeyError", "user 5")))

    assert found.mechanism == "exception"
    assert found.why == ("type: KeyError", "value: user <n>")
    assert found.issue_key == key(event(failure("KeyError", "user 6")))


def test_a_message_is_known_by_its_template():
    found = grouped({"logentry": {"message": "order %s failed", "params": ["5"]}})

    assert (found.mechanism, found.title) == ("message", "order 5 failed")
    assert found.why == ("message: order %s failed",)


def test_a_message_with_a_stack_is_known_by_both():
    stack = {"stacktrace": {"frames": [frame("main")]}}

    found = grouped({"message": "slow", "platform": "python", **stack})

    assert found.why == ("message: slow", "frame: cart.py:main")
    assert found.issue_key != key({"message": "fast", "platform": "python", **stack})


def test_an_event_without_content_has_a_key_and_a_title():
    found = grouped({})

    assert found.title
    assert found.culprit
    assert found.why == ("event: without content",)


def test_a_custom_fingerprint_decides_alone():
    one = grouped({**BASE, "fingerprint": ["checkout", "eu"]})
    two = grouped({"message": "else", "fingerprint": ["checkout", "eu"]})

    assert one.mechanism == "fingerprint"
    assert one.issue_key == two.issue_key
    assert one.why == ("fingerprint: checkout", "fingerprint: eu")


@pytest.mark.parametrize("given", [["{{ default }}"], ["{{default}}"], [], None, "{{ default }}"])
def test_the_default_alone_changes_nothing(given):
    assert grouped({**BASE, "fingerprint": given}) == grouped(BASE)


@pytest.mark.parametrize(
    "given",
    [
        ["{{ default }}", "eu"],
        ["eu", "{{ default }}"],
        ["eu {{ default }}"],
        ["x", "{{default}}", "y"],
    ],
)
def test_the_default_counts_in_every_place(given):
    mine = {**BASE, "fingerprint": given}
    other = {**event(failure("ValueError", "x", frame("go"))), "fingerprint": given}

    assert key(mine) != key(BASE)
    assert key(mine) != key(other)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("{{ type }}", "KeyError"),
        ("{{ error.type }}", "KeyError"),
        ("{{ message }}", "name"),
        ("{{ error.value }}", "name"),
        ("{{ function }}", "look"),
        ("{{ stack.module }}", "shop/cart.py"),
        ("{{ tags.region }}", "eu"),
        ("{{ region }}", "eu"),
        ("{{ level }}", "error"),
        ("{{ nonsense }}", "{{ nonsense }}"),
        ("a-{{ type }}-b", "a-KeyError-b"),
    ],
)
def test_variables_stand_for_their_values(variable, value):
    raw = {**BASE, "tags": {"region": "eu"}, "level": "error", "fingerprint": [variable]}

    assert grouped(raw).why == (f"fingerprint: {value}",)


def test_variables_of_an_event_without_exception():
    raw = {
        "message": "order 5",
        "fingerprint": ["{{ type }}|{{ message }}|{{ function }}|{{ module }}"],
    }

    assert grouped(raw).why == ("fingerprint: |order <n>||",)


def test_a_synthetic_type_does_not_count_beside_frames():
    mechanism = {"mechanism": {"synthetic": True}}
    one = event(failure("SIGSEGV", "", frame("f"), **mechanism))
    two = event(failure("SIGBUS", "", frame("f"), **mechanism))

    assert key(one) == key(two)
    assert key(event(failure("SIGSEGV", "", **mechanism))) != key(
        event(failure("SIGBUS", "", **mechanism))
    )
