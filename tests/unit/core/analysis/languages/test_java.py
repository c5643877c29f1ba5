import pytest

from core.analysis.languages.java import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("module", "function", "stable"),
    [
        ("com.acme.Cart", "total", "com.acme.Cart:total"),
        ("com.acme.Cart$$EnhancerBySpringCGLIB$$1a2b3c", "total", "com.acme.Cart$:total"),
        ("com.acme.Cart$$Lambda$14/0x0000000800", "apply", "com.acme.Cart$:apply"),
        ("com.acme.Cart$1", "run", "com.acme.Cart$:run"),
        ("com.acme.Cart", "lambda$pay$3", "com.acme.Cart:lambda$pay"),
        ("com.acme.Cart", "access$000", "com.acme.Cart:access"),
        ("jdk.internal.reflect.GeneratedMethodAccessor42", "invoke", ""),
        ("java.lang.reflect.Method", "invoke", ""),
    ],
)
def test_generated_names_are_stable(module, function, stable):
    assert label(call(function, module=module)) == stable


def test_two_builds_of_a_proxy_are_one():
    first, second = (label(call("f", module=f"com.acme.$Proxy{n}")) for n in (12, 99))

    assert first == second


def test_frameworks_are_foreign():
    assert own(call("f", module="com.acme.Cart"))
    assert not own(call("f", module="org.springframework.web.Filter"))
    assert not own(call("f"))


def test_causes_come_first():
    cause, surfaced = parse(sample("java"))

    assert (cause.module, cause.type, cause.value) == (
        "java.net",
        "ConnectException",
        "Connection refused",
    )
    assert surfaced.type == "OrderException"
    assert surfaced.frames[-1].module == "com.acme.shop.OrderService"


def test_a_trace_without_frames_is_none():
    assert parse("java.lang.RuntimeException: boom") == []
