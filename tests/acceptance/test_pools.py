"""Sizes and restarts of pools, from the shell down to the processes of a running platform."""

import json

from tests.acceptance.platform import eventually


def ask(platform, *arguments):
    result = platform.mendline("fleet", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def host(api, pool):
    (found,) = [each for each in api.get("/api/v1/fleet").json() if each["pool"] == pool]
    return found


def test_a_size_that_is_set_reaches_the_processes_and_goes_again(platform, api):
    ask(platform, "scale", "general", "3")
    eventually(lambda: host(api, "general")["detail"]["children"] == 3)
    (status,) = [each for each in ask(platform, "status") if each["pool"] == "general"]
    assert (status["target"], status["override"]["children"]) == (3, 3)
    ask(platform, "scale", "general", "--auto")
    eventually(lambda: api.get("/api/v1/fleet/scale/general").json()["kind"] != "set")
    kinds = [each["kind"] for each in ask(platform, "decisions", "--pool", "general")]
    assert "set" in kinds


def test_a_restart_replaces_the_process(platform, api):
    before = list(host(api, "general")["detail"]["processes"])
    ask(platform, "restart", "general")

    def replaced():
        found = host(api, "general")
        return found["detail"]["processes"].keys().isdisjoint(before) and found["running"] == 1

    eventually(replaced)


def test_every_pool_is_looked_at_and_has_a_number_for_autoscalers(platform, api):
    eventually(lambda: host(api, "critical")["running"] == 1)
    for pool in ("ingest", "general", "critical"):
        answer = api.get(f"/api/v1/fleet/scale/{pool}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["wanted"] >= 0
