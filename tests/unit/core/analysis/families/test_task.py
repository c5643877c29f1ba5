from tests.unit.core.analysis.families.facts import taken


def test_a_time_limit():
    family, context = taken("TimeLimitExceeded", "billiard.exceptions", "TimeLimitExceeded(300,)")

    assert (family, context) == ("task", {"limit": "300"})


def test_a_lost_worker():
    message = "Worker exited prematurely: signal 9 (SIGKILL) Job: 12."

    assert taken("WorkerLostError", "", message)[1]["signal"] == "9"


def test_the_name_is_told_by_the_client():
    extra = {"celery-job": {"task_name": "orders.charge"}}

    assert taken("Boom", "celery.app", "x", extra=extra) == ("task", {"task": "orders.charge"})


def test_a_component_called_worker():
    assert taken("Boom", "", "x", tags={"component": "worker"})[0] == "task"
