"""The manifests of the page, against the fields that KEDA and Kubernetes know."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from workers import pools

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "howto" / "kubernetes.md"
SCHEMAS = json.loads((ROOT / "tests" / "samples" / "schemas" / "kubernetes.json").read_text())


def documents():
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [found for block in blocks for found in yaml.safe_load_all(block)]


def only(kind):
    (found,) = [each for each in documents() if each["kind"] == kind]
    return found


def schema(kind):
    (found,) = [each for each in SCHEMAS["oneOf"] if each["properties"]["kind"]["const"] == kind]
    return Draft202012Validator({"$schema": SCHEMAS["$schema"], **found})


@pytest.mark.parametrize("found", documents(), ids=lambda found: found["kind"])
def test_a_manifest_has_the_fields_that_keda_and_kubernetes_know(found):
    schema(found["kind"]).validate(found)


@pytest.mark.parametrize(
    "change", [{"targetvalue": "8"}, {"targetValue": 8}, {"authMode": "token"}]
)
def test_a_trigger_that_keda_would_not_take_is_found(change):
    found = only("ScaledObject")
    found["spec"]["triggers"][0]["metadata"] |= change
    assert not schema("ScaledObject").is_valid(found)


def test_keda_divides_the_number_by_the_pods():
    """KEDA's fallback works for averages alone."""
    spec = only("ScaledObject")["spec"]
    assert 0 <= spec["minReplicaCount"] <= spec["maxReplicaCount"]
    (trigger,) = spec["triggers"]
    assert trigger["metricType"] == "AverageValue"


def test_the_names_lead_to_one_another():
    scaled, secret = only("ScaledObject")["spec"], only("Secret")
    authentication = only("TriggerAuthentication")
    (reference,) = authentication["spec"]["secretTargetRef"]
    assert scaled["scaleTargetRef"]["name"] == only("Deployment")["metadata"]["name"]
    assert scaled["triggers"][0]["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert (reference["parameter"], reference["name"]) == ("token", secret["metadata"]["name"])
    assert reference["key"] in secret["stringData"]


def test_a_pod_has_time_to_drain_and_keda_owns_its_number():
    deployment = only("Deployment")["spec"]
    pod = deployment["template"]["spec"]
    pool = pools.load()["general"]
    assert pod["terminationGracePeriodSeconds"] > pool.drain_seconds
    assert "replicas" not in deployment
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]


@pytest.mark.parametrize("name", sorted(pools.load()))
def test_the_children_of_a_pod_are_those_of_the_page(name):
    words = {2: "two", 4: "four", 16: "sixteen"}
    told = PAGE.read_text()
    assert words[int(pools.load()[name].per_core)] in told
    (trigger,) = only("ScaledObject")["spec"]["triggers"]
    assert int(trigger["metadata"]["targetValue"]) == pools.load()["general"].highest(2)
