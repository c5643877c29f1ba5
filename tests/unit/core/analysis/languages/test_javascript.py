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


EVAL_V8 = """Error: message
    at pay (eval at total (eval at start (http://x.example/file.js:21:17)), <anonymous>:1:30)
    at total (eval at start (http://x.example/file.js:21:17), <anonymous>:2:96)
    at eval (eval at start (http://x.example/file.js:21:17), <anonymous>:4:18)
    at Object.start (http://x.example/file.js:21:17)
    at http://x.example/file.js:31:13"""
EVAL_GECKO = """pay@http://x.example/file.js line 26 > eval line 2 > eval:1:30
total@http://x.example/file.js line 26 > eval:2:96
@http://x.example/file.js line 26 > eval:4:18
start@http://x.example/file.js:26:17"""
MEMBERS_V8 = """Error: x
    at new Cart (https://x.example/a.js:1:2)
    at Cart.#sum (https://x.example/a.js:1:2)
    at get total [as total] (https://x.example/a.js:1:2)
    at async Promise.all (index 0)
    at async load (https://x.example/a.js:9:2)"""
MEMBERS_GECKO = """Cart@https://x.example/a.js:1:2
#sum@https://x.example/a.js:1:2
get total@https://x.example/a.js:1:2
async*load@https://x.example/a.js:3:4
setTimeout handler*start@https://x.example/b.js:1:1
@https://x.example/b.js:2:1"""
U = "http://x.example/file.js"
SAME = {
    "eval": [EVAL_V8, EVAL_GECKO],
    "members": [MEMBERS_V8, MEMBERS_GECKO],
    "plain": [
        (
            f"TypeError: x\n    at pay ({U}:1:2)\n    at pay ({U}:3:4)\n"
            f"    at start ({U}:5:6)\n    at {U}:7:8"
        ),
        f"pay@{U}:1:2\npay@{U}:3:4\nstart@{U}:5:6\n@{U}:7:8",
        f"pay@{U}:1\nstart@{U}:5\n[native code]",
        f"TypeError: y\n   at pay ({U}:1:2)\n   at start ({U}:5:6)\n   at Global code ({U}:7:8)",
        f"<anonymous function: pay>([arguments not available])@{U}:1\nstart()@{U}:5",
        f'pay([object Object])@{U}:1\nstart("a@b.c",(void 0))@{U}:5\n@{U}:7',
    ],
    "blob": [
        "Error: x\n    at run (blob:http://x.example/d8ee773e-4d4a-4b2e-9d53-1f8e3d9f1a2b:1:2)",
        "run@blob:http://x.example/00ee773e-4d4a-4b2e-9d53-1f8e3d9f1a2b:1:2",
    ],
    "bundles": [
        "Error: x\n    at run (https://x.example/assets/index-DiwrgTda.js:1:2)",
        "run@https://x.example/assets/index-Bq_p01x-.js:1:2",
    ],
    "pages": [
        "Error: x\n    at onclick (https://x.example/users/12:1:2)",
        "onclick@https://x.example/users/john?page=1:1:2",
    ],
    "native": [
        "TypeError: x\n    at pay (address at index.android.bundle:1:12)\n    at apply (native)",
        "pay@index.android.bundle:1:12\napply@[native code]",
    ],
}


def raw(trace):
    return event(failure("TypeError", "x", stacktrace=trace), platform="javascript")


@pytest.mark.parametrize("name", SAME)
def test_every_engines_print_is_one_issue(name):
    assert len({key(raw(trace)) for trace in SAME[name]}) == 1


def test_different_prints_are_different_issues():
    assert len({key(raw(traces[0])) for traces in SAME.values()}) == len(SAME)


def test_frames_and_print_are_one_issue():
    frames = [frame("?", U), frame("start", U), frame("pay", U), frame("pay", U)]

    assert key(event(failure("TypeError", "y", *frames), platform="javascript")) == key(
        raw(SAME["plain"][0])
    )


def test_libraries_count_where_little_else_does():
    one = [frame("ready", "https://x.example/jquery-3.7.1.min.js"), frame("pay", U)]
    two = [frame("each", "https://x.example/jquery-3.7.1.min.js"), frame("pay", U)]

    assert key(event(failure("E", "", *one), platform="javascript")) != key(
        event(failure("E", "", *two), platform="javascript")
    )
