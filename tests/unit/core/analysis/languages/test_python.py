from core.analysis.languages.python import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample

GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "job.py", line 9, in run
  |     raise ExceptionGroup("two", errors)
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "job.py", line 3, in one
    | ValueError: bad
    +------------------------------------
"""


def test_the_module_stands_before_the_file():
    assert label(call("f", module="shop.cart", file="/srv/shop/cart.py")) == "shop.cart:f"
    assert label(call("f", file="/srv/17/shop/cart.py")) == "cart.py:f"
    assert label(call("?", file="cart.py")) == "cart.py"


def test_packages_are_not_the_applications():
    assert own(call("f", file="shop/cart.py"))
    assert not own(call("f", file="/venv/lib/python3.12/site-packages/x.py"))
    assert not own(call("f", file="C:\\venv\\Lib\\site-packages\\x.py"))


def test_causes_come_first():
    cause, surfaced = parse(sample("python"))

    assert (cause.type, cause.value) == (
        "ConnectionResetError",
        "[Errno 104] Connection reset by peer",
    )
    assert (surfaced.module, surfaced.type) == ("shop.orders.errors", "PaymentError")
    assert surfaced.value == "order 4711 could not be paid"
    assert [frame.function for frame in surfaced.frames] == ["checkout", "charge"]


def test_the_gutter_of_groups_is_removed():
    group, member = parse(GROUP)

    assert (group.type, member.type) == ("ExceptionGroup", "ValueError")
    assert member.frames[0].function == "one"


def test_messages_may_have_several_lines():
    (found,) = parse('Traceback (most recent call last):\n  File "a", line 1\nE: one\ntwo')

    assert found.value == "one\ntwo"


def test_a_cut_off_trace_still_has_frames():
    (found,) = parse('Traceback (most recent call last):\n  File "a.py", line 1, in f\n')

    assert (found.type, found.frames[0].function) == ("", "f")


def test_an_empty_trace_is_none():
    assert parse("Traceback (most recent call last):\n") == []
