from pathlib import Path

import pytest

from config import breakers
from config.breakers import book_from
from core.errors import ConfigurationError
from core.resilience.breaker.settings import (
    BreakerSettings,
    BreakerSettingsError,
    Mode,
    SettingsBook,
)

OURS = breakers.book()


def test_ours_say_what_the_code_has_as_default():
    assert OURS.default == BreakerSettings()


def test_entries_apply_in_order_and_own_settings_win():
    book = SettingsBook(entries=[("pay*", {"threshold": 2, "probes": 1}), ("pay", {"probes": 2})])
    found = book.of("pay", {"mode": "metrics"})
    assert (found.threshold, found.probes, found.mode) == (2, 2, Mode.METRICS)
    assert book.of("other") == BreakerSettings()


def test_brokers_have_settings_of_their_own():
    assert OURS.of("broker:billing").probes == 1


@pytest.mark.parametrize(
    "values",
    [
        {"treshold": 1},
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": True},
        {"threshold": "5"},
        {"timeout": float("nan")},
        {"failure_rate": 1.1},
        {"window": "calls"},
        {"mode": "off"},
        {"component": 5},
    ],
)
def test_what_cannot_be_set(values):
    with pytest.raises(BreakerSettingsError):
        BreakerSettings().changed(values)


def test_names_of_a_component():
    book = SettingsBook(entries=[("db", {"component": "shop"}), ("x*", {"component": "shop"})])
    assert book.of_component("shop") == ["shop", "db"]


def test_a_file_of_ones_own(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text("[default]\nthreshold = 9\n[breakers.pay]\nreset_timeout = 7\n")
    book = breakers.book(file)
    assert book.of("other").threshold == 9
    assert book.of("pay").reset_timeout == 7
    assert book.of("broker:x").probes == 1


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        ({"defaults": {}}, "defaults"),
        ({"breakers": {"pay": {"probes": 0}}}, "pay"),
        ({"default": {"probe": 1}}, "probe"),
        ({"breakers": {"pay": 5}}, "pay"),
    ],
)
def test_what_is_wrong_is_named(tables, named):
    with pytest.raises(ConfigurationError, match=named):
        book_from(tables, SettingsBook(), "own.toml")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        breakers.book(tmp_path / "none.toml")
