import pytest

from tests.unit.core.analysis.builders import event, failure, frame, grouped


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (event(failure("KeyError", "name")), "KeyError: name"),
        (event(failure("KeyError")), "KeyError"),
        (event(failure("", "only a value")), "only a value"),
        (event(failure("X", "first\nsecond")), "X: first"),
        (event(failure("X", "X: said again")), "X: said again"),
        (event(failure("SIGSEGV", "Fatal Error: SIGSEGV")), "Fatal Error: SIGSEGV"),
        (event(failure("0x00000000 / 0x0", "Fatal Error: 0x0", frame("f"))), "Crash in f"),
        (event(failure("<redacted>", "", frame("f"))), "Crash in f"),
        (event(failure("<redacted>")), "<redacted>"),
        ({"message": "hello\nworld"}, "hello"),
        ({"transaction": "GET /x"}, "GET /x"),
        ({"stacktrace": {"frames": [frame("f")]}}, "Failure in f"),
        ({}, "Unnamed event"),
    ],
)
def test_titles_say_what_failed(raw, title):
    assert grouped(raw).title == title


def test_a_long_title_is_cut():
    assert len(grouped({"message": "x" * 500}).title) == 200


@pytest.mark.parametrize(
    ("raw", "culprit"),
    [
        (event(failure("E", "", frame("f", module="shop.cart"))), "shop.cart in f"),
        (event(failure("E", "", frame("f"))), "shop/cart.py in f"),
        (event(failure("E", "", frame("", file="x.py"))), "x.py"),
        (event(failure("E", "", frame("f", "/var/www/html/app/x.php"))), "html/app/x.php in f"),
        (event(failure("E", "", frame("f", "https://x.example/a/b.js?v=1"))), "a/b.js in f"),
        (event(failure("E", "", frame("f", "", package="/usr/lib/x.so"))), "x.so in f"),
        (event(failure("E"), transaction="GET /x"), "GET /x"),
        (event(failure("E"), request={"url": "https://a.example/b?c=1"}), "/b"),
        (event(failure("E"), request={"url": "http://[::1"}), "python"),
        (event(failure("E"), tags={"component": "mail", "operation": "send"}), "mail send"),
        (event(failure("E"), logger="app.mail"), "app.mail"),
        ({}, "unknown place"),
    ],
)
def test_culprits_say_where(raw, culprit):
    assert grouped(raw).culprit == culprit


def test_the_culprit_is_the_applications_frame_of_the_surfaced_exception():
    library = frame("send", "http/client.py", in_app=False)
    raw = event(failure("E1", "", frame("deep")), failure("E2", "", frame("pay"), library))

    assert grouped(raw).culprit == "shop/cart.py in pay"
