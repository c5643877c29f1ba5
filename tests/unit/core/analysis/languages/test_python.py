from core.analysis.languages.python import label, noise, own, parse
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


def test_the_file_stands_before_the_module_that_a_print_does_not_tell():
    assert label(call("f", module="shop.cart", file="/srv/shop/cart.py")) == "cart.py:f"
    assert label(call("f", file="/srv/17/shop/cart.py")) == "cart.py:f"
    assert label(call("f", module="shop.cart")) == "cart.py:f"
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


def test_a_printed_group_holds_its_members():
    member, group = parse(GROUP)

    assert (group.type, group.group, member.type) == ("ExceptionGroup", True, "ValueError")
    assert (member.parent, member.frames[0].function) == (group.id, "one")


def test_groups_within_groups_hold_theirs():
    leaf, inner, member, root = parse(sample("python_group"))

    assert (leaf.parent, inner.parent, member.parent) == (inner.id, root.id, root.id)
    assert (leaf.type, inner.group, root.frames[0].function) == ("ValueError", True, "main")


def test_a_crashed_interpreter_prints_the_innermost_first():
    (found,) = parse(sample("python_fault"))

    assert (found.type, found.value) == ("Fatal Python error", "Segmentation fault")
    assert [frame.function for frame in found.frames] == ["run", "pay", "total"]


def test_bare_lines_are_a_stack_from_the_inside():
    lines = ['File "/x/reader.py", line 3, in peek', 'File "/x/main.py", line 9, in load']

    (found,) = parse("\n".join(lines))

    assert [frame.function for frame in found.frames] == ["load", "peek"]


def test_comprehensions_and_notebooks_name_nothing_that_lasts():
    assert label(call("<listcomp>", file="cart.py")) == ""
    assert label(call("pay", file="<ipython-input-7-3fa9c1>")) == "<cell>:pay"
    assert label(call("pay", file="/tmp/ipykernel_77/123.py")) == "<cell>:pay"
    assert label(call("Cart.<locals>.total", module="shop")) == "shop.py:total"


def test_the_way_into_the_program_and_harnesses_are_machinery():
    assert noise(call("run", file="/usr/lib/python3.11/threading.py")) == 1
    assert noise(call("_run_code", module="runpy")) == 1
    assert noise(call("TestOneInput", file="fuzz.py")) == 3
    assert noise(call("run", file="shop/threading.py.txt")) == 0


def test_messages_may_have_several_lines():
    (found,) = parse('Traceback (most recent call last):\n  File "a", line 1\nE: one\ntwo')

    assert found.value == "one\ntwo"


def test_a_cut_off_trace_still_has_frames():
    (found,) = parse('Traceback (most recent call last):\n  File "a.py", line 1, in f\n')

    assert (found.type, found.frames[0].function) == ("", "f")


def test_an_empty_trace_is_none():
    assert parse("Traceback (most recent call last):\n") == []
