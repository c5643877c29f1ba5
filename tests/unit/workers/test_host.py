from pathlib import Path

import pytest

from config.settings import Settings
from workers import pools, procfile
from workers.embedded.ports import free_port, listening
from workers.host import AFTER_DRAIN, paths, program

ENTRIES = {entry.name: entry for entry in procfile.read()}


@pytest.mark.parametrize("name", ["ingest", "general"])
def test_an_agent_gets_the_time_to_drain(name):
    made = program(ENTRIES[f"worker-{name}"], {})
    assert made.grace == pools.load()[name].drain_seconds + AFTER_DRAIN


def test_who_only_looks_on_comes_last():
    niceness = {name: program(entry, {}).niceness for name, entry in ENTRIES.items()}
    assert [name for name, value in niceness.items() if value] == ["flower"]


def test_a_process_knows_its_name_and_the_addresses():
    made = program(ENTRIES["beat"], {"MENDLINE_PORT": "1"})
    assert made.environment == {"MENDLINE_PORT": "1", "MENDLINE_PROCESS": "beat"}
    assert made.directory == procfile.ROOT


def test_the_api_is_given_the_port_that_is_held_for_it():
    with listening(free_port(), host="127.0.0.1") as door:
        made = program(ENTRIES["api"], {}, door=door)
        assert made.descriptors == (door.fileno(),)
        assert made.environment["MENDLINE_LISTEN_FD"] == str(door.fileno())


def test_children_find_files_that_were_named_from_where_we_are(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_dir=Path("data"), alerts_file=Path("alerts.yaml"))
    found = paths(settings)
    assert found["ALERTS_FILE"] == str(tmp_path / "alerts.yaml")
    assert found["DATA_DIR"] == str(tmp_path / "data")
    assert "CHANNELS_FILE" not in found
