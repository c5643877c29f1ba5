from core.analysis.languages import spoken
from core.analysis.languages.generic import label, own
from tests.unit.core.analysis.builders import call


def test_other_languages_are_taken_as_they_come():
    assert label(call("run", module="Shop.Cart")) == "shop.cart:run"
    assert label(call("run", file="lib/cart.lua")) == "cart.lua:run"


def test_dependencies_are_foreign():
    assert own(call("run", file="src/cart.ex"))
    assert not own(call("run", file="/app/deps/phoenix/x.ex"))


def test_an_unknown_platform_without_known_files_is_generic():
    assert spoken("lua", (call("run", file="cart.lua"),)).name == "generic"
