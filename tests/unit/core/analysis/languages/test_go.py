import pytest

from core.analysis.languages.go import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("module", "function", "stable"),
    [
        ("github.com/acme/shop", "(*Cart).Total", "github.com/acme/shop:(*Cart).Total"),
        ("github.com/acme/shop/v2", "main.func1", "github.com/acme/shop:main"),
        ("github.com/acme/shop@v1.2.3", "main.func2.1", "github.com/acme/shop:main"),
        ("shop", "Map[...]", "shop:Map"),
        ("", "main", "main"),
    ],
)
def test_versions_and_closures_do_not_count(module, function, stable):
    assert label(call(function, module=module)) == stable


def test_the_standard_library_and_modules_are_foreign():
    assert own(call("f", module="main"))
    assert own(call("f", module="github.com/acme/shop"))
    assert not own(call("f", module="net/http"))
    assert not own(call("f", file="/go/pkg/mod/x@v1/y.go"))
    assert own(call("f", module="github.com/acme/shop", file="/go/src/github.com/acme/shop/x.go"))
    assert not own(call("f", module="net/http", file="/go/src/net/http/server.go"))
    assert not own(call("f", file="/usr/local/go/src/net/http/server.go"))


def test_the_first_goroutine_panicked():
    (found,) = parse(sample("go"))

    assert found.type == "runtime error"
    assert found.frames[-1].module == "github.com/acme/shop/cart"
    assert found.frames[-1].function == "(*Cart).Total"
    assert not any(frame.module.startswith("internal/poll") for frame in found.frames)


def test_a_plain_panic_has_no_kind():
    (found,) = parse(
        "panic: it broke\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:3 +0x1d\n"
    )

    assert (found.type, found.value) == ("panic", "it broke")


def test_without_calls_there_is_nothing():
    assert parse("panic: it broke") == []
    assert parse("all is well") == []
