import pytest

from core.analysis.languages.elixir import function, label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Shop.Cart.total/2", "Shop.Cart.total/2"),
        ("anonymous fn/1 in Shop.Cart.total/2", "Shop.Cart.total/2"),
        ('Enum."-map/2-lists^map/1-0-"/2', "Enum.map/2"),
        ("-total/2-fun-0-", "total/2"),
        (":gen_server.call/3", ":gen_server.call/3"),
        ("Shop.Cart.total(%{id: 7}, nil)", "Shop.Cart.total"),
    ],
)
def test_anonymous_functions_belong_to_their_owner(name, bare):
    assert function(name) == bare


def test_the_module_stands_in_front_once():
    assert label(call("total/2", module="Elixir.Shop.Cart")) == "Shop.Cart:total/2"
    assert label(call("Shop.Cart.total/2", file="lib/cart.ex")) == "Shop.Cart.total/2"
    assert label(call("(file)", file="lib/cart.ex")) == "cart.ex"


def test_dependencies_are_foreign():
    assert own(call("f", package="shop"))
    assert not own(call("f", package="phoenix"))
    assert not own(call("f", file="deps/x/lib/x.ex"))


def test_a_logged_crash_is_read():
    (found,) = parse(sample("elixir"))

    assert (found.type, found.value) == (
        "ArithmeticError",
        "bad argument in arithmetic expression",
    )
    assert found.frames[-1].function == "anonymous fn/2 in Shop.Cart.total/2"
    assert found.frames[-1].package == "shop"


def test_what_made_a_process_exit_is_its_cause():
    trace = (
        "** (exit) exited in: GenServer.call(Shop, :pay, 5000)\n"
        "    (elixir 1.16.0) lib/gen_server.ex:1114: GenServer.call/3\n"
        "    ** (EXIT) an exception was raised:\n"
        "        ** (RuntimeError) no card\n"
        "            (shop 0.1.0) lib/shop/checkout.ex:77: Shop.Checkout.pay/1\n"
    )

    assert [found.type for found in parse(trace)] == ["RuntimeError", "exit"]


def test_erlang_prints_sentences_and_terms():
    (said,) = parse(sample("erlang"))
    term = '{badarith,[{shop_cart,total,[1,2],[{file,"src/shop_cart.erl"},{line,31}]}]}'
    (told,) = parse(f"Error in process\n{term}")

    assert (said.type, said.frames[-1].function) == ("error", "total/2")
    assert (told.type, told.frames[-1].module) == ("badarith", "shop_cart")
