import pytest

from core.analysis.languages.javascript import function, label, own, parse
from tests.unit.core.analysis.builders import call, event, failure, frame, key
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("checkout", "checkout"),
        ("Object.checkout", "checkout"),
        ("async Object.checkout", "checkout"),
        ("new Session", "Session"),
        ("Cart.total [as sum]", "total"),
        ("start/checkout", "checkout"),
        ("checkout/<", "checkout"),
        ("async*start", "start"),
        ("get total", "total"),
        ("HTMLDocument.<anonymous>", ""),
        ("<anonymous>", ""),
        ("?", ""),
        ("(anonymous function)", ""),
        ("global code", ""),
        ("Pt</t.prototype.wrap/<", "wrap"),
    ],
)
def test_engines_name_the_same_function_differently(name, bare):
    assert function(name) == bare


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("https://x.example/static/cart.3f2a1b9c.js?v=12", "cart.#.js"),
        ("file:///home/bob/cart.js", "cart.js"),
        ("webpack:///./src/cart.ts", "cart.ts"),
        ("webpack-internal:///(app)/./src/cart.ts", "cart.ts"),
        ("app:///cart.js", "cart.js"),
        ("/srv/app/cart.js", "cart.js"),
    ],
)
def test_origins_and_hashes_do_not_count(file, place):
    assert label(call("total", file=file)) == f"{place}:total"


def test_a_page_without_a_path_is_its_root():
    assert label(call("onclick", file="https://x.example/")) == "/:onclick"
    assert label(call("onclick")) == "onclick"


@pytest.mark.parametrize("file", ["native", "[native code]", "<anonymous>"])
def test_the_engines_own_frames_name_nothing(file):
    assert label(call("forEach", file=file)) == ""


def test_frames_of_packages_and_extensions_are_foreign():
    assert own(call("f", file="/srv/app/cart.js"))
    for file in ("/srv/node_modules/x.js", "node:internal/x", "chrome-extension://abc/x.js", ""):
        assert not own(call("f", file=file))


def test_browsers_agree_on_the_issue():
    url = "https://x.example/static/cart.js"
    chrome = [
        frame("HTMLButtonElement.<anonymous>", url),
        frame("Array.forEach", "<anonymous>"),
        frame("Cart.total", url),
    ]
    firefox = [frame("?", url), frame("Cart.prototype.total", url)]
    keys = {
        key(event(failure("TypeError", value, *frames), platform="javascript"))
        for value, frames in (("Cannot read", chrome), ("x is undefined", firefox))
    }

    assert len(keys) == 1


def test_node_prints_the_innermost_first():
    (found,) = parse(sample("node"))

    assert (found.type, found.value) == (
        "TypeError",
        "Cannot read properties of undefined (reading 'total')",
    )
    assert found.frames[-1].function == "computeTotal"


def test_firefox_prints_no_header():
    (found,) = parse(sample("firefox"))

    assert (found.type, found.value) == ("", "")
    assert [frame.function for frame in found.frames] == [
        "async*start",
        "checkout/<",
        "computeTotal",
    ]


def test_causes_come_first():
    trace = (
        "Error: outer\n    at a (/x/a.js:1:2)\n  [cause]: TypeError: inner\n    at b (/x/b.js:1:2)"
    )

    assert [found.value for found in parse(trace)] == ["inner", "outer"]


def test_a_first_line_without_a_type_is_the_message():
    (found,) = parse("it broke\n    at a (/x/a.js:1:2)")

    assert (found.type, found.value) == ("", "it broke")
