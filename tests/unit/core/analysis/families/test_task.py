import pytest

from core.analysis.result import Severity
from tests.unit.core.analysis.builders import classified, event, failure
from tests.unit.core.analysis.families.facts import answered, coded, found, read, taken

TASK_ID = "7f1c2a34-0c8e-4a31-8d3c-0a1b2c3d4e5f"


def test_a_time_limit():
    family, context = taken("TimeLimitExceeded", "billiard.exceptions", "TimeLimitExceeded(300,)")

    assert (family, context) == ("task", {"limit": "300"})


def test_a_lost_worker():
    message = "Worker exited prematurely: signal 9 (SIGKILL) Job: 12."

    assert read("WorkerLostError", "", message) == {"signal": "9", "job": "12"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Retry", "TASK-RETRY"), ("Ignore", "TASK-IGNORE"), ("Reject", "TASK-REJECT")],
)
@pytest.mark.parametrize("module", ["celery.exceptions", ""])
def test_what_only_tells_celery_what_to_do_is_no_failure(kind, expected, module):
    told = found(kind, module, "")

    assert told.code == expected
    assert told.severity is Severity.INFO
    assert told.proposal.action == "none"


def test_a_retry_with_its_cause_is_still_no_failure():
    raw = event(
        failure("ConnectionError", "gone", module="requests"),
        failure("Retry", "Retry in 30s: ConnectionError('gone')", module="celery.exceptions"),
    )

    told = classified(raw)

    assert (told.code, told.severity, told.proposal.retry_after) == ("TASK-RETRY", "info", 30)


def test_a_retry_of_another_library_is_a_failure():
    assert coded("Retry", "acme.client", "gave up") != "TASK-RETRY"


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("SoftTimeLimitExceeded", "billiard", "", ("TASK-SOFT-TIME-LIMIT", 504)),
        ("MaxRetriesExceededError", "celery", "Can't retry", ("TASK-MAX-RETRIES", 500)),
        ("NotRegistered", "celery.exceptions", "'orders.charge'", ("TASK-NOT-REGISTERED", 500)),
        ("EncodeError", "kombu.exceptions", "not JSON", ("TASK-SERIALIZATION", 500)),
        ("OperationalError", "kombu.exceptions", "[Errno 111] refused", ("TASK-BROKER", 503)),
        ("TaskRevokedError", "celery.exceptions", "revoked", ("TASK-REVOKED", 499)),
        ("ChordError", "celery.exceptions", "Dependency x raised", ("TASK-CHORD", 500)),
        ("JobTimeoutException", "rq.timeouts", "Task exceeded", ("TASK-TIME-LIMIT", 504)),
        ("MaxAttemptsExceededException", "Illuminate.Queue", "x", ("TASK-MAX-RETRIES", 500)),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert answered(kind, module, message)[:2] == expected


def test_used_up_retries_call_for_help():
    message = f"Can't retry orders.charge[{TASK_ID}] args:(1,) kwargs:{{}}"

    assert answered("MaxRetriesExceededError", "celery", message)[2] == "escalate"
    assert read("MaxRetriesExceededError", "celery", message) == {
        "task": "orders.charge",
        "task_id": TASK_ID,
    }


def test_the_name_is_told_by_the_client():
    extra = {"celery-job": {"task_name": "orders.charge"}}

    assert taken("Boom", "celery.app", "x", extra=extra) == ("task", {"task": "orders.charge"})


def test_a_component_called_worker():
    assert taken("Boom", "", "x", tags={"component": "worker"})[0] == "task"
