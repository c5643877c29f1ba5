import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from core.sagas import Registry
from tasks.sagas import ENTRY_POINTS, installed

TRIP = {"name": "trip", "steps": [{"name": "flight", "do": dict}]}


@pytest.fixture
def registry(monkeypatch):
    """Of three distributions, of which one cannot be imported and one declares nonsense."""
    module = SimpleNamespace(TRIP=TRIP, WRONG={"name": "wrong"})
    monkeypatch.setitem(sys.modules, "shop_sagas", module)
    values = ("no_such_module_here:TRIP", "shop_sagas:WRONG", "shop_sagas:TRIP")
    points = [EntryPoint(value, value, ENTRY_POINTS) for value in values]
    return Registry(lambda: installed(points))


def test_a_broken_distribution_takes_away_nobody_elses_saga(registry):
    assert registry.get("trip").name == "trip"
