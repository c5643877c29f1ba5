import pytest

from core.analysis.languages.rust import label, noise, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("shop::cart::total::h0123456789abcdef", "shop::cart::total"),
        ("<shop::Cart as core::fmt::Display>::fmt", "shop::Cart::fmt"),
        ("shop::run::{{closure}}", "shop::run"),
        ("shop::run::{closure#0}", "shop::run"),
        ("core::ptr::drop_in_place<shop::Cart>", "core::ptr::drop_in_place"),
    ],
)
def test_hashes_closures_and_generics_fall_off(function, name):
    assert label(call(function)) == name


def test_a_frame_without_a_name_is_known_by_its_file():
    assert label(call("", file="src/cart.rs")) == "cart.rs"


def test_crates_and_the_standard_library_are_foreign():
    assert own(call("shop::cart::total"))
    assert own(call("shop::main"))
    assert not own(call("main"))
    assert not own(call("tokio::runtime::enter"))
    assert not own(call("x::y", file="/root/.cargo/registry/src/x-1.0/src/lib.rs"))
    assert noise(call("std::panicking::begin_panic_handler")) == 2


def test_a_panic_is_read_with_its_backtrace():
    (found,) = parse(sample("rust"))

    assert found.value == "index out of bounds: the len is 3 but the index is 7"
    assert found.frames[-1].function == "rust_begin_unwind"
    assert "shop::cart::total" in [frame.function for frame in found.frames]


def test_a_panic_without_backtrace_has_its_place():
    (found,) = parse("thread 'main' panicked at 'boom', src/main.rs:2:5")

    assert (found.value, found.frames[0].file) == ("boom", "src/main.rs")


def test_a_second_backtrace_is_another_matter():
    first = "thread 'a' panicked at src/a.rs:1:2:\nboom\n   0: shop::a\n   1: shop::b\n"

    (found,) = parse(first + "   0: shop::c\n")

    assert [frame.function for frame in found.frames] == ["shop::b", "shop::a"]
