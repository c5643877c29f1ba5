"""Calls to real servers of this host; none of them leaves it."""

import socket
import threading

import pytest

from core.outbound.http import Call, Outbound, OutboundError, OutboundTimeoutError
from core.outbound.lookup import UnknownHostError, addresses
from core.outbound.policy import AddressRefusedError, OutboundPolicy
from tests.http_sink import sinking

HERE = OutboundPolicy.of(["127.0.0.0/8", "::1"])


@pytest.fixture
def sink():
    with sinking() as found:
        yield found


def test_an_answer_comes_back_with_what_was_sent(sink):
    call = Call("POST", f"{sink.url}/hook?a=1", {"X-One": "1"}, b"body")
    answer = Outbound(HERE).call(call, timeout=5)
    (received,) = sink.received
    assert (answer.status, answer.body, answer.ok) == (200, b"ok", True)
    assert (received.method, received.path, received.body) == ("POST", "/hook?a=1", b"body")
    assert received.headers["host"] == f"127.0.0.1:{sink.port}"
    assert received.headers["x-one"] == "1"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1"])
def test_nothing_reaches_this_host_by_whatever_name(sink, host):
    with pytest.raises(AddressRefusedError, match="MENDLINE_OUTBOUND_ALLOW"):
        Outbound(OutboundPolicy()).call(Call("GET", f"http://{host}:{sink.port}/"), timeout=5)
    assert sink.received == []


def test_redirects_are_answers_and_not_followed(sink):
    sink.answers = [(302, {"location": f"{sink.url}/other"}, b"")]
    answer = Outbound(HERE).call(Call("GET", f"{sink.url}/"), timeout=5)
    assert (answer.status, answer.ok, len(sink.received)) == (302, False, 1)


def test_proxies_of_the_environment_are_not_used(sink, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert Outbound(HERE).call(Call("GET", sink.url), timeout=5).ok


def test_a_name_that_changes_its_address_is_looked_up_once(sink, monkeypatch):
    """As a server of names does it that answers something harmless first, then ourselves."""
    real, lookups = socket.getaddrinfo, []

    def getaddrinfo(host, port, *rest, **options):
        if host != "rebinding.example":
            return real(host, port, *rest, **options)
        lookups.append(host)
        address = "127.0.0.1" if len(lookups) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    answer = Outbound(HERE).call(Call("GET", f"http://rebinding.example:{sink.port}/"), timeout=5)
    assert (answer.status, len(lookups)) == (200, 1)
    assert sink.received[0].headers["host"] == f"rebinding.example:{sink.port}"


def test_a_long_body_is_cut_off(sink):
    sink.answers = [(200, {}, b"x" * 200_000)]
    assert len(Outbound(HERE).call(Call("GET", sink.url), timeout=5).body) == 64 * 1024


def test_a_server_that_drips_has_no_more_time_than_others(sink):
    sink.answers, sink.drip = [(200, {}, b"x" * 100)], 0.05
    with pytest.raises(OutboundTimeoutError, match=r"in 0\.3 s"):
        Outbound(HERE).call(Call("GET", sink.url), timeout=0.3)


def test_a_server_that_takes_and_says_nothing_is_given_up(sink):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(OutboundTimeoutError):
            Outbound(HERE).call(Call("GET", f"http://127.0.0.1:{port}/"), timeout=0.2)


def test_nobody_there_is_a_passing_failure():
    with pytest.raises(OutboundError) as caught:
        Outbound(HERE).call(Call("GET", "http://127.0.0.1:1/?token=abc"), timeout=2)
    assert not caught.value.permanent
    assert "abc" not in str(caught.value)


def test_a_look_up_that_hangs_is_given_up(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    with pytest.raises(UnknownHostError, match="too long"):
        addresses("slow.example", 80, HERE, timeout=0.1)
    over.set()


def test_the_other_version_of_addresses_is_called_alike():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]

        def answer():
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        asked = []
        thread = threading.Thread(target=answer)
        thread.start()
        found = Outbound(HERE).call(Call("GET", f"http://[::1]:{port}/"), timeout=5)
        thread.join()
    assert found.status == 204
    assert f"host: [::1]:{port}".encode() in asked[0]
