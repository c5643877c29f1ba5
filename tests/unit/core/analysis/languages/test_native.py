import pytest

from core.analysis.languages.native import label, own, parse, symbol
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("Cart::total", "Cart::total"),
        ("void Cart::total(int, std::string const&) const", "Cart::total"),
        ("std::vector<int, std::allocator<int> >::at", "std::vector::at"),
        ("(anonymous namespace)::crash(int)", "crash"),
        ("?A0xc3a0617d::crash", "crash"),
        ("total.isra.0", "total"),
        ("shop::main::h0123456789abcdef", "shop::main"),
        ("shop::run::{{closure}}", "shop::run::"),
        ("closure #1 in Cart.total()", "Cart.total"),
        ("-[UIView(Layout) setFrame:]", "-[UIView(Layout) setFrame:]"),
        ("__42-[Foo bar]_block_invoke_2", "__42-_block_invoke"),
        ("bool operator<(A const&, B const&)", "bool operator<"),
        ("<redacted>", ""),
        ("0x7fff12345678", ""),
        ("sub_1A2B3C", ""),
        ("reabstraction thunk helper from @escaping", ""),
    ],
)
def test_symbols_lose_what_varies(function, name):
    assert symbol(function) == name


def test_a_frame_without_a_symbol_is_known_by_its_library():
    assert label(call("", package="C:\\Windows\\System32\\ntdll.dll")) == "ntdll.dll"


def test_the_systems_libraries_are_foreign():
    assert own(call("Cart::total", package="/opt/shop/bin/shop"))
    assert not own(call("abort", package="/opt/shop/bin/shop"))
    assert not own(call("f", package="/usr/lib/libc.so"))
    assert not own(call("", package="/opt/shop/bin/shop"))


def test_a_rust_panic_is_read_with_its_backtrace():
    (found,) = parse(sample("rust"))

    assert found.value == "index out of bounds: the len is 3 but the index is 7"
    assert found.frames[-1].function == "rust_begin_unwind"
    assert "shop::cart::total" in [frame.function for frame in found.frames]


def test_a_panic_without_backtrace_has_its_place():
    (found,) = parse("thread 'main' panicked at 'boom', src/main.rs:2:5")

    assert (found.value, found.frames[0].file) == ("boom", "src/main.rs")
