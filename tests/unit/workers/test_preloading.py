import subprocess
import sys

import pytest

from tasks.queues import Queue, banded
from workers import preloading


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        ({"recovery", "alerts"}, True),
        ({banded(Queue.RECOVERY, 2)}, True),
        ({"intake", "analysis"}, False),
        (set(), False),
    ],
)
def test_it_is_for_those_who_do_such_work(queues, expected):
    assert preloading.is_for(queues) is expected


def test_what_is_loaded_is_not_loaded_again():
    """In a process of its own: here most of it is loaded already, and nothing is to be frozen."""
    program = """
import sys
from workers import preloading
before = set(preloading.MODULES) - set(sys.modules)
preloading.preload()
assert before and not set(preloading.MODULES) - set(sys.modules)
import gc
assert gc.get_freeze_count()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
