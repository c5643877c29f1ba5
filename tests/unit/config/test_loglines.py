"""What the log store could not take is counted where operators look."""

from prometheus_client import REGISTRY

from config.loglines import Carrier


def dropped():
    return REGISTRY.get_sample_value("mendline_log_lines_dropped_total") or 0


def test_each_dropped_line_is_counted_once():
    carrier = Carrier(None, None)
    carrier._count(0)
    before = dropped()
    for so_far in (3, 3, 5):
        carrier._count(so_far)
    assert dropped() == before + 5
