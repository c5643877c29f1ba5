import time

import pytest

from core.analysis.languages.native import label, noise, own
from core.analysis.symbol import symbol
from tests.unit.core.analysis.builders import call


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
        ("shop::run::{{closure}}", "shop::run"),
        ("closure #1 in Cart.total()", "Cart.total"),
        ("-[UIView(Layout) setFrame:]", "-[UIView(Layout) setFrame:]"),
        ("__42-[Foo bar]_block_invoke_2", "-[Foo bar]"),
        ("bool operator<(A const&, B const&)", "operator<"),
        ("boost::function0<void>::operator()() const", "boost::function0::operator()"),
        ("Foo::operator bool() const", "Foo::operator bool"),
        ("shop::checkout(int)::$_0::operator()(int) const", "shop::checkout"),
        ("main::{lambda(int)#1}::operator()(int) const", "main"),
        ("_ZN4shop4Cart5totalEi", "shop::Cart::total"),
        ("_ZN4shop4CartC2Ev", "shop::Cart::Cart"),
        ("_ZN4shop4main17h0123456789abcdefE", "shop::main"),
        ("<shop::Cart<T> as core::ops::Index<I>>::index", "shop::Cart::index"),
        ("std::__1::map<int, int>::~map", "std::map::~map"),
        ("cart!shop::Cart::total+0x12", "shop::Cart::total"),
        ("total [clone .cold]", "total"),
        ("closure #1 (Swift.Int) -> () in Shop.Cart.total() -> ()", "Shop.Cart.total"),
        ("Shop.Cart.sum.getter : Swift.Int", "Shop.Cart.sum.getter"),
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
    assert not own(call("f", package="/usr/lib/libc.so"))
    assert not own(call("", package="/opt/shop/bin/shop"))


@pytest.mark.parametrize(
    "function",
    [
        "__interceptor_memcpy", "__asan_report_load4", "memmove-vec-unaligned-erms",
        "__libc_malloc",
        "operator new(unsigned long)", "__GI_abort", "__pthread_kill_implementation", "_start",
        "fuzzer::Fuzzer::ExecuteCallback(unsigned char const*)", "rust_begin_unwind",
        "core::panicking::panic_fmt", "BaseThreadInitThunk", "objc_msgSend", "_int_free",
    ],
)  # fmt: skip
def test_no_failure_is_known_by_machinery(function):
    assert noise(call(function)) == 2


@pytest.mark.parametrize(
    "function", ["raise_error", "startServer", "freeList", "ns::newThing", "kill_all", "mainly"]
)
def test_names_that_only_begin_like_machinery_are_none(function):
    assert noise(call(function)) == 0


def test_libraries_of_the_language_rank_between():
    assert noise(call("std::vector<int>::at")) == 1
    assert noise(call("helper", file="/usr/include/c++/9/bits/stl_vector.h")) == 1
    assert noise(call("LLVMFuzzerTestOneInput")) == 3
    assert noise(call("", package="/lib/libc.so.6")) == 2


def test_the_way_into_a_program_says_nothing_of_a_defect():
    for name in ("main", "operator()", "art_quick_invoke_stub", "QCoreApplication::exec"):
        assert noise(call(name)) == 1
    assert noise(call("maintain")) == noise(call("Shop::main_loop")) == 0
    assert noise(call("abort")) == 2


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("sum.isra.0.cold", "sum"),
        ("sum.isra.0.of.cold.1", "sum.isra.0.of"),
        ("sum.isra.0+5", "sum"),
    ],
)
def test_copies_that_a_compiler_made_are_known_by_their_original(function, name):
    assert symbol(function) == name


def test_a_name_of_clones_in_a_row_takes_no_time():
    started = time.process_time()
    for number in range(100):
        assert symbol(f"f{number}" + ".isra.1" * 1_100 + "!").startswith(f"f{number}.isra")
    assert time.process_time() - started < 5
