import pytest

from core.analysis.languages.dotnet import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("module", "function", "stable"),
    [
        ("Acme.Cart", "Total", "Cart.Total"),
        ("Acme.Cart+<PayAsync>d__7", "MoveNext", "Cart.PayAsync"),
        ("Acme.Cart+<>c__DisplayClass3_0", "<Place>b__0", "Cart.Place"),
        ("Acme.Cart", "<Run>g__Local|1_0", "Cart.Run"),
        ("Acme.List`1[[System.String]]", "Add", "List.Add"),
        ("", "Cart.Total (System.Int32 x)", "Cart.Total"),
        ("", "Total", "cart.cs:Total"),
    ],
)
def test_the_compilers_names_are_undone(module, function, stable):
    assert label(call(function, module=module, file="Assets/Cart.cs")) == stable


def test_the_framework_is_foreign():
    assert own(call("f", module="Acme.Cart"))
    assert not own(call("f", module="System.Net.Http"))
    assert not own(call(""))


def test_inner_exceptions_come_first():
    inner, outer = parse(sample("dotnet"))

    assert (inner.module, inner.type, inner.value) == (
        "System.Net.Sockets",
        "SocketException",
        "Connection refused",
    )
    assert (outer.type, outer.value) == ("InvalidOperationException", "Order could not be placed")
    assert outer.frames[0].function == "Main"


def test_without_frames_there_is_nothing():
    assert parse("System.Exception: x") == []
