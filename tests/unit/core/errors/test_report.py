import errno
import json

import amqp.exceptions
import billiard.exceptions
import celery.exceptions
import kombu.exceptions
import psycopg
import pytest
import redis
import sqlalchemy.exc

from core.errors import Category, NotFoundError, RateLimitedError, report
from core.errors.report import NEXT_STEPS, TITLES, for_api, for_console, for_log


def wrapped(inner):
    return sqlalchemy.exc.DBAPIError.instance("SELECT 1", {}, inner, psycopg.Error)


CASES = [
    (psycopg.OperationalError("connection refused"), "ML-DB-0001", Category.CONNECTION),
    (psycopg.errors.DeadlockDetected(), "ML-DB-0002", Category.CONCURRENCY),
    (psycopg.errors.SerializationFailure(), "ML-DB-0002", Category.CONCURRENCY),
    (psycopg.errors.UniqueViolation(), "ML-DB-0003", Category.INTEGRITY),
    (psycopg.errors.UndefinedTable(), "ML-DB-0004", Category.CONFIG),
    (psycopg.errors.DiskFull(), "ML-DB-0007", Category.RESOURCE),
    (psycopg.errors.QueryCanceled(), "ML-DB-0008", Category.TIMEOUT),
    (psycopg.errors.AdminShutdown(), "ML-DB-0001", Category.CONNECTION),
    (psycopg.errors.TooManyConnections(), "ML-DB-0006", Category.UNAVAILABLE),
    (psycopg.errors.InvalidTextRepresentation(), "ML-DB-0009", Category.VALIDATION),
    (wrapped(psycopg.errors.DeadlockDetected()), "ML-DB-0002", Category.CONCURRENCY),
    (wrapped(psycopg.OperationalError()), "ML-DB-0001", Category.CONNECTION),
    (sqlalchemy.exc.TimeoutError(), "ML-DB-0013", Category.RESOURCE),
    (redis.ConnectionError(), "ML-RDS-0001", Category.CONNECTION),
    (redis.TimeoutError(), "ML-RDS-0002", Category.TIMEOUT),
    (redis.BusyLoadingError(), "ML-RDS-0003", Category.UNAVAILABLE),
    (redis.exceptions.OutOfMemoryError(), "ML-RDS-0004", Category.RESOURCE),
    (redis.AuthenticationError(), "ML-RDS-0005", Category.AUTH),
    (redis.ReadOnlyError(), "ML-RDS-0006", Category.ROUTING_STALE),
    (kombu.exceptions.OperationalError(), "ML-BRK-0001", Category.CONNECTION),
    (amqp.exceptions.ConnectionForced(), "ML-BRK-0001", Category.CONNECTION),
    (celery.exceptions.SoftTimeLimitExceeded(), "ML-TIME-0002", Category.TIMEOUT),
    (billiard.exceptions.TimeLimitExceeded(3), "ML-TIME-0003", Category.TIMEOUT),
    (billiard.exceptions.WorkerLostError(), "ML-WORK-0003", Category.OTHER_TRANSIENT),
    (OSError(errno.ENOSPC, "full"), "ML-DISK-0001", Category.RESOURCE),
    (OSError(errno.EACCES, "no"), "ML-SYS-0002", Category.CONFIG),
    (ConnectionRefusedError(), "ML-NET-0001", Category.CONNECTION),
    (TimeoutError(), "ML-TIME-0001", Category.TIMEOUT),
    (MemoryError(), "ML-MEM-0001", Category.RESOURCE),
    (ZeroDivisionError("x"), "ML-CORE-0002", Category.BUG),
]


@pytest.mark.parametrize(("error", "code", "category"), CASES, ids=lambda v: type(v).__name__)
def test_known_errors_have_code_and_category(error, code, category):
    found = report(error)
    assert (found.code, found.category) == (code, category)


def test_our_own_error_tells_its_facts():
    found = report(RateLimitedError(retry_after=3, project=4))
    assert found.retry_after == 3
    assert found.context == {"project": 4}
    assert not found.permanent


def test_cause_is_recognised_behind_an_unknown_error():
    error = RuntimeError("wrapped")
    error.__cause__ = redis.TimeoutError()
    assert report(error).category is Category.TIMEOUT


def test_trace_is_kept():
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        found = report(error)
    assert "test_report.py" in found.traceback
    assert report(ZeroDivisionError()).traceback is None


class HostileError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_that_cannot_be_printed_is_reported_all_the_same():
    with pytest.raises(HostileError) as raised:
        raise HostileError
    assert report(raised.value).message == "HostileError"


def test_every_category_has_words_for_people():
    assert set(TITLES) == set(NEXT_STEPS) == set(Category)


def test_answer_is_a_problem_with_its_request():
    problem = for_api(report(NotFoundError("There is no issue 4.")), request_id="r1")
    assert problem["status"] == 404
    assert problem["detail"] == "There is no issue 4."
    assert problem["request_id"] == "r1"
    assert json.dumps(problem)


def test_answer_keeps_the_inside_inside():
    problem = for_api(report(ValueError("password=hunter2")))
    assert "hunter2" not in str(problem)


def test_log_fields_are_flat():
    fields = for_log(report(NotFoundError("x", issue_id=4)))
    assert fields["code"] == "ML-REF-0001"
    assert fields["error_issue_id"] == 4


def test_person_is_told_what_to_do_next():
    text = for_console(report(psycopg.OperationalError("connection refused")))
    assert "ML-DB-0001" in text
    assert "mendline doctor" in text
