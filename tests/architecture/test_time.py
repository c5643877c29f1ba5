import re

from tests.architecture.sources import sources

ALLOWED = {"core/clock.py"}
SQL_NOW = re.compile(r"[^.\w]now\(\)(?!\s*->)", re.IGNORECASE)
WALL_CLOCK = re.compile(r"datetime\.(now|utcnow|today)\(|time\.time\(")


def test_only_the_clock_reads_the_time():
    readers = {s.name for s in sources() if WALL_CLOCK.search(s.text)}
    assert readers <= ALLOWED


def test_sql_takes_the_time_as_a_parameter():
    """Leases and leadership use `clock_timestamp()`; the transaction's `now()` appears nowhere."""
    found = [
        s.name for s in sources() if re.search(r"[^.\w]now\(\)(?!\s*->)", s.text, re.IGNORECASE)
    ]
    assert not [name for name in found if not name.startswith("core/clock")]
