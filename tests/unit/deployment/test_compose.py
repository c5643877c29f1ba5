"""No engine runs in the tests: the file is held against its schema and the Procfile."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workers import pools, procfile
from workers.host import AFTER_DRAIN

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docker-compose.yml"
STORES = {"postgres", "redis"}
SERVICES = yaml.safe_load(FILE.read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if name not in STORES}


def test_it_fits_the_compose_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_services_are_the_processes_of_the_procfile_and_the_stores():
    assert list(OURS) == [entry.name for entry in procfile.read()]
    assert SERVICES.keys() - OURS.keys() == STORES


@pytest.mark.parametrize("entry", procfile.read(), ids=lambda entry: entry.name)
def test_a_service_runs_what_the_procfile_says(entry):
    assert " ".join(entry.argv) in " ".join(OURS[entry.name]["command"])


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_and_no_root_file_system_is_written_to(name):
    service = SERVICES[name]
    assert service["user"] not in {"root", "0", "0:0"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", [*sorted(STORES), "api"])
def test_what_others_wait_for_tells_its_health_and_keeps_its_data(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["volumes"]


@pytest.mark.parametrize("name", OURS)
def test_a_process_waits_for_what_it_needs(name):
    waited = {
        other for other, how in OURS[name]["depends_on"].items()
        if how["condition"] == "service_healthy"
    }  # fmt: skip
    assert waited == ({"postgres", "redis"} if name == "api" else {"api", "redis"})


def test_no_password_and_no_key_has_a_default():
    variables = set(re.findall(r"\$\{(\w*(?:PASSWORD|KEY))(\W*)", FILE.read_text()))
    assert variables
    assert {mark for _name, mark in variables} == {":?"}


@pytest.mark.parametrize("name", ["ingest", "general"])
def test_a_pool_has_the_time_to_drain(name):
    grace = int(OURS[f"worker-{name}"]["stop_grace_period"].removesuffix("s"))
    assert grace >= pools.load()[name].drain_seconds + AFTER_DRAIN


def test_the_image_runs_as_an_ordinary_user():
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001"]
    assert {service["user"] for service in OURS.values()} == set(users)
