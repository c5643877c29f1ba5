import socket

import pytest

from workers.embedded import ports


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_lies_below_those_of_outgoing_connections():
    port = ports.free_port()
    assert ports.LOWEST <= port < ports.ephemeral_start()
    assert ports.is_free(port)


def test_a_taken_port_is_not_free(taken):
    assert not ports.is_free(taken)


def test_where_outgoing_connections_may_use_any_port_the_system_chooses(tmp_path, monkeypatch):
    wide = tmp_path / "range"
    wide.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "RANGE_FILE", wide)
    assert ports.is_free(ports.free_port())


@pytest.mark.parametrize("text", ["", "x y"])
def test_an_unknown_range_is_taken_to_be_the_usual_one(tmp_path, monkeypatch, text):
    (tmp_path / "range").write_text(text)
    monkeypatch.setattr(ports, "RANGE_FILE", tmp_path / "range")
    assert ports.ephemeral_start() == ports.USUAL_EPHEMERAL_START


def test_the_port_of_last_time_is_kept(tmp_path):
    port = ports.free_port()
    (tmp_path / "port").write_text(str(port))
    assert ports.kept_port(tmp_path / "port") == port


@pytest.mark.parametrize("text", [None, "", "many"])
def test_without_one_a_new_port_is_chosen(tmp_path, text):
    if text is not None:
        (tmp_path / "port").write_text(text)
    assert ports.is_free(ports.kept_port(tmp_path / "port"))


def test_one_that_somebody_took_meanwhile_is_given_up(tmp_path, taken):
    (tmp_path / "port").write_text(str(taken))
    assert ports.kept_port(tmp_path / "port") != taken


def test_clients_wait_at_a_port_that_nobody_answers_yet():
    port = ports.free_port()
    with (
        ports.listening(port, host="127.0.0.1") as door,
        socket.create_connection(("127.0.0.1", port), timeout=5) as client,
    ):
        client.sendall(b"hello")
        server, _ = door.accept()
        with server:
            assert server.recv(5) == b"hello"
    assert ports.is_free(port)
