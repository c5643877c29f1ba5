"""The rules and the dashboard that are shipped ask for metrics that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from config import telemetry

ROOT = Path(__file__).resolve().parents[3]
MONITORING = ROOT / "docs" / "monitoring"
SUFFIXES = re.compile(r"_(total|bucket|sum|count)$")


def rules():
    (group,) = yaml.safe_load((MONITORING / "prometheus-rules.yml").read_text())["groups"]
    return group["rules"]


def panels():
    return json.loads((MONITORING / "grafana-dashboard.json").read_text())["panels"]


def expressions():
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_metric_asked_for_exists(expression):
    assert telemetry.TASK_SECONDS
    known = {family.name for family in REGISTRY.collect()}
    asked = set(re.findall(r"mendline_[a-z_]+", expression))
    assert asked or "up{" in expression
    assert {SUFFIXES.sub("", name) for name in asked} <= known


def test_every_rule_says_how_bad_it_is_and_what_it_means():
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "high", "medium", "low"}
        assert rule["annotations"]["summary"]


def test_panels_do_not_lie_on_each_other():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(places) == len(set(places))
