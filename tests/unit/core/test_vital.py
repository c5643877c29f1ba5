"""The death of a thread that a process needs is the end of that process."""

import signal
import subprocess
import sys

PROGRAM = """
import sys, time
from core.vital import VitalThread
thread = VitalThread(lambda: 1 / int(sys.argv[1]), name="needed")
thread.start()
thread.join()
time.sleep(60 if sys.argv[1] == "0" else 0)
"""


def ended(divisor):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(divisor)], capture_output=True, text=True, check=False
    )


def test_a_thread_that_dies_ends_its_process():
    died = ended(0)
    assert died.returncode == -signal.SIGTERM
    assert "thread.died" in died.stdout
    assert "ZeroDivisionError" in died.stdout


def test_a_thread_that_is_done_ends_nothing():
    assert ended(1).returncode == 0
