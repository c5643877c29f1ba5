"""The manifests of the page, against the fields that KEDA and Kubernetes know."""

import re
from pathlib import Path

import pytest
import yaml

from workers import pools

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "kubernetes.md"
# Of keda.sh/v1alpha1 and of the trigger metrics-api: required fields, and all that are known.
SCALED_OBJECT = (
    {"scaleTargetRef", "triggers"},
    {
        "scaleTargetRef",
        "triggers",
        "pollingInterval",
        "cooldownPeriod",
        "initialCooldownPeriod",
        "idleReplicaCount",
        "minReplicaCount",
        "maxReplicaCount",
        "fallback",
        "advanced",
    },
)
TRIGGER = (
    {"type", "metadata"},
    {"type", "name", "metadata", "metricType", "authenticationRef", "useCachedMetrics"},
)
METRICS_API = (
    {"url", "valueLocation", "targetValue"},
    {
        "url",
        "valueLocation",
        "targetValue",
        "activationTargetValue",
        "authMode",
        "format",
        "method",
        "keyParamName",
        "unsafeSsl",
        "aggregateFromKubeServiceEndpoints",
    },
)


def documents():
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [found for block in blocks for found in yaml.safe_load_all(block)]


def only(kind):
    (found,) = [each for each in documents() if each["kind"] == kind]
    return found


def check(found, schema):
    required, known = schema
    assert required <= found.keys() <= known


def test_every_document_says_what_it_is():
    for found in documents():
        assert found.keys() >= {"apiVersion", "kind", "metadata"}
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", found["metadata"]["name"])


def test_the_scaled_object_has_the_fields_that_keda_knows():
    spec = only("ScaledObject")["spec"]
    check(spec, SCALED_OBJECT)
    assert 0 <= spec["minReplicaCount"] <= spec["maxReplicaCount"]
    (trigger,) = spec["triggers"]
    check(trigger, TRIGGER)
    assert trigger["type"] == "metrics-api"
    check(trigger["metadata"], METRICS_API)
    assert all(isinstance(value, str) for value in trigger["metadata"].values())


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
    words = {2: "two", 4: "four"}
    told = PAGE.read_text()
    assert words[int(pools.load()[name].per_core)] in told
    (trigger,) = only("ScaledObject")["spec"]["triggers"]
    assert int(trigger["metadata"]["targetValue"]) == pools.load()["general"].highest(2)
