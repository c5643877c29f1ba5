from core.errors import DiskFullError
from workers.embedded.server import start_failure


def test_a_full_disk_is_recognised():
    error = start_failure("postgres", "PANIC: could not write: No space left on device\n")
    assert isinstance(error, DiskFullError)


def test_other_failures_show_the_last_lines():
    error = start_failure("postgres", "\n".join(f"line {n}" for n in range(20)))
    assert not isinstance(error, DiskFullError)
    assert "line 9" not in str(error)
    assert "line 19" in str(error)
