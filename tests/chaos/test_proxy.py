"""The proxy itself, before a server that says everything back."""

import socket
import socketserver
import threading
import time
from contextlib import suppress

import pytest

from tests.chaos.proxy import Proxy


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        with suppress(ConnectionError):
            for line in self.rfile:
                self.wfile.write(line)


@pytest.fixture
def proxy():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with Proxy(*server.server_address) as proxy:
                yield proxy
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def connect(proxy):
    opened = []

    def connected(timeout=5.0):
        opened.append(socket.create_connection(("127.0.0.1", proxy.port), timeout))
        return opened[-1]

    yield connected
    for connection in opened:
        connection.close()


def said(connection, words=b"hello\n"):
    connection.sendall(words)
    return connection.recv(100)


def test_it_passes_everything_on(connect):
    assert said(connect()) == b"hello\n"


def test_a_reset_reaches_open_connections_and_new_ones(proxy, connect):
    old = connect()
    said(old)
    assert proxy.reset() == 1
    with pytest.raises(ConnectionError):
        said(old)
    with pytest.raises(ConnectionError):
        said(connect())
    proxy.heal()
    assert said(connect()) == b"hello\n"


def test_a_black_hole_tells_nobody_and_gives_back_what_was_under_way(proxy, connect):
    old = connect(timeout=0.2)
    said(old)
    assert proxy.swallow() == 1
    new = connect(timeout=0.2)
    for connection in (old, new):
        with pytest.raises(TimeoutError):
            said(connection)
    proxy.heal()
    for connection in (old, new):
        connection.settimeout(5)
        assert connection.recv(100) == b"hello\n"


def test_a_share_of_the_connections_is_hit(proxy, connect):
    connections = [connect() for _ in range(40)]
    assert {said(connection) for connection in connections} == {b"hello\n"}
    assert 10 < proxy.swallow(0.5) < 30
    proxy.heal()


def test_latency_delays_every_way(proxy, connect):
    connection = connect()
    said(connection)
    proxy.delay(0.15)
    began = time.monotonic()
    said(connection)
    assert time.monotonic() - began >= 0.3


def test_an_end_of_one_side_is_an_end_for_the_other(proxy, connect):
    connection = connect()
    said(connection)
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(100) == b""
