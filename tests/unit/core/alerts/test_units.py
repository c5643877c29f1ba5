from datetime import timedelta

import pytest

from core.alerts.units import QuantityError, Unit, quantity, shown, span


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        (10, Unit.COUNT, 10),
        ("30s", Unit.SECONDS, 30),
        ("250ms", Unit.SECONDS, 0.25),
        ("500MB", Unit.BYTES, 500_000_000),
        ("1 GiB", Unit.BYTES, 2**30),
        ("20%", Unit.RATIO, 0.2),
        ("-1.5", Unit.NUMBER, -1.5),
        (0.00005, Unit.RATIO, 0.00005),
        (1e-7, Unit.SECONDS, 1e-7),
        (1e16, Unit.BYTES, 1e16),
        ("2.5e3ms", Unit.SECONDS, 2.5),
    ],
)
def test_quantities(written, unit, value):
    assert quantity(written, unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        *(("30q", Unit.SECONDS), ("5m", Unit.COUNT), (True, Unit.COUNT), (None, Unit.COUNT)),
        *(("", "x"), ("1e999", Unit.COUNT), (float("inf"), Unit.COUNT), (float("nan"), Unit.COUNT)),
        ("9" * 305 + "TB", Unit.BYTES),
    ],
)
def test_what_is_no_quantity(written, unit):
    with pytest.raises(QuantityError):
        quantity(written, unit)


def test_spans_have_bounds():
    assert span("5m") == timedelta(minutes=5)
    with pytest.raises(QuantityError):
        span("-1s")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (11, Unit.PER_MINUTE, "11/min"),
        (0.125, Unit.RATIO, "12.5 %"),
        (0.004, Unit.NUMBER, "0.004"),
        (0.25, Unit.NUMBER, "0.25"),
        (0, Unit.NUMBER, "0"),
        (400, Unit.SECONDS, "6.67 m"),
        (5e8, Unit.BYTES, "500 MB"),
    ],
)
def test_as_people_read_them(value, unit, text):
    assert shown(value, unit) == text
