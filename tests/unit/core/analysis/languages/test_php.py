import pytest

from core.analysis.languages.php import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("function", "stable"),
    [
        ("App\\Cart::total", "App\\Cart::total"),
        ("App\\Cart->total", "App\\Cart::total"),
        ("{closure:/srv/17/x.php:12}", "cart.php:{closure}"),
        ("class@anonymous\0/srv/17/x.php:12$0::handle", "@anonymous::handle"),
        ("total", "cart.php:total"),
    ],
)
def test_closures_and_anonymous_classes_lose_their_paths(function, stable):
    assert label(call(function, file="/srv/app/cart.php")) == stable


def test_vendors_are_foreign():
    assert own(call("f", file="/srv/app/cart.php"))
    assert not own(call("f", file="/srv/app/vendor/x/y.php"))
    assert not own(call("f", file="[internal]"))


def test_the_place_of_the_throw_is_the_last_frame():
    (found,) = parse(sample("php"))

    assert (found.type, found.value) == ("RuntimeException", "Order 4711 failed")
    assert found.frames[-1].file == "/var/www/app/src/Order.php"


def test_next_wraps_the_one_before():
    one = "LogicException: inner in /x/a.php:1\nStack trace:\n#0 /x/b.php(2): f()\n#1 {main}"
    two = "RuntimeException: outer in /x/c.php:3\nStack trace:\n#0 /x/d.php(4): g()"
    trace = f"PHP Fatal error:  Uncaught {one}\n\nNext {two}\n"

    assert [found.value for found in parse(trace)] == ["inner", "outer"]


def test_without_frames_there_is_nothing():
    assert parse("Fatal error: Uncaught Exception: x in /a.php:1") == []
