import pytest

from tests.unit.core.analysis.families.facts import answered, found, read, taken


def test_a_limit_says_its_numbers():
    message = "Too many requests: limit 60, used 61, retry after 30"

    family, context = taken(message=message)

    assert family == "rate_limit"
    assert context == {"limit": "60", "used": "61", "retry_after": "30"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("rate limit hit", ("LIMIT-RATE", 429, "throttle")),
        ("too many concurrent requests", ("LIMIT-CONCURRENCY", 429, "throttle")),
        ("quota exceeded", ("LIMIT-QUOTA", 429, "escalate")),
        ("quota exceeded, try again later", ("LIMIT-QUOTA", 429, "wait")),
        ("budget exceeded", ("LIMIT-COST", 402, "escalate")),
    ],
)
def test_the_kind_of_limit(message, expected):
    assert answered(message=message) == expected


def test_a_reset_time_becomes_a_wait():
    told = found(
        message="quota exceeded for user 17, resets at 2026-03-01T12:10:00Z",
        timestamp="2026-03-01T12:00:00Z",
    )

    assert told.proposal.retry_after == 600
    assert dict(told.context)["retry_after"] == "600"


def test_a_reset_time_without_a_time_of_the_event_stays_as_it_is():
    context = read(message="quota exceeded, resets at 2026-03-01T12:10:00Z")

    assert context["reset"] == "2026-03-01T12:10:00Z"
    assert "retry_after" not in context


def test_who_used_how_much_of_what():
    message = "Monthly quota 'stories' exceeded for user 17: used 100, limit 100"

    assert read(message=message) == {
        "quota": "stories",
        "owner": "17",
        "used": "100",
        "limit": "100",
    }


def test_the_client_knows_more():
    extra = {"user_id": 7, "plan": "free", "remaining": 0, "Retry-After": "1.5"}

    assert read(message="too many requests", extra=extra) == {
        "owner": "7",
        "plan": "free",
        "remaining": "0",
        "retry_after": "1.5",
    }


def test_a_component_called_quota():
    assert taken("Boom", "", "x", tags={"component": "quota"})[0] == "rate_limit"


def test_a_lost_connection_of_such_a_component_is_no_limit():
    failed = ("ConnectionResetError", "", "reset by peer")
    assert taken(*failed, tags={"component": "billing"})[0] == "dependency"
