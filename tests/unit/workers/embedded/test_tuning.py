import pytest

from workers.embedded import tuning

GIGABYTE = 2**30


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(GIGABYTE // 4, "64MB"), (2 * GIGABYTE, "256MB"), (256 * GIGABYTE, "1024MB")],
)
def test_the_server_takes_an_eighth_of_the_memory_within_limits(memory, buffers):
    assert tuning.settings(port=1, memory=memory)["shared_buffers"] == buffers


def test_values_are_quoted(tmp_path):
    text = tuning.configuration({"name": "it's \\ here"}, custom=tmp_path / "none")
    assert "name = 'it''s \\\\ here'\n" in text
    assert "include" not in text


def test_the_operators_file_is_read_last(tmp_path):
    custom = tmp_path / "custom.conf"
    custom.touch()
    text = tuning.configuration({"port": "1"}, custom=custom)
    assert text.splitlines()[-1] == f"include = '{custom}'"


def test_a_dead_client_is_noticed():
    values = tuning.settings(port=1, memory=GIGABYTE)
    assert values["client_connection_check_interval"] == "1s"
    assert values["tcp_user_timeout"] == "5s"


def test_only_passwords_open_it():
    assert all(
        line.endswith("scram-sha-256") for line in tuning.ACCESS.splitlines() if line[0] != "#"
    )
