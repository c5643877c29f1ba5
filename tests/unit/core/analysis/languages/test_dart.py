import pytest

from core.analysis.languages.dart import function, label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Cart.total", "Cart.total"),
        ("Cart.total.<anonymous closure>", "Cart.total"),
        ("main.<fn>", "main"),
        ("new Cart", "Cart"),
        ("_CheckoutState@123456789.pay", "_CheckoutState.pay"),
        ("<asynchronous suspension>", ""),
    ],
)
def test_closures_and_keys_fall_off(name, bare):
    assert function(name) == bare


def test_a_frame_is_its_library_and_member():
    assert label(call("pay", file="package:shop/checkout.dart")) == "checkout.dart:pay"
    assert label(call("main", file="package:shop/main.dart")) == "shop/main.dart:main"
    assert label(call("total")) == "total"


def test_the_framework_is_foreign():
    assert own(call("f", file="package:shop/cart.dart"))
    assert not own(call("f", file="package:flutter/src/widgets/framework.dart"))
    assert not own(call("f", file="dart:async/zone.dart"))


def test_what_dart_says_tells_the_type():
    (found,) = parse(sample("dart"))

    assert (found.type, found.value) == ("StateError", "Bad state: No element")
    assert found.frames[-1].function == "ListBase.first"


def test_flutter_names_the_type_in_a_sentence():
    trace = (
        "The following StateError was thrown building Cart(dirty):\nBad state: no tea\n\n"
        "#0      Cart.total (package:shop/cart.dart:31:12)\n"
    )

    (found,) = parse(trace)

    assert (found.type, found.value) == ("StateError", "Bad state: no tea")


def test_the_terse_way_is_read():
    (found,) = parse("package:shop/cart.dart 31:12  Cart.total\ndart:async/zone.dart 1:2  run\n")

    assert [frame.function for frame in found.frames] == ["run", "Cart.total"]
