import pytest

from tests.unit.core.analysis.families.facts import taken


def test_a_limit_says_its_numbers():
    message = "Too many requests: limit 60, used 61, retry after 30"

    family, context = taken(message=message)

    assert family == "rate_limit"
    assert context == {"limit": "60", "used": "61", "retry_after": "30", "kind": "rate"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [("rate limit hit", "rate"), ("quota exceeded", "quota"), ("budget exceeded", "cost")],
)
def test_the_kind_of_limit(message, kind):
    assert taken(message=message)[1]["kind"] == kind


def test_the_owner_is_told_by_the_client():
    context = taken(message="too many requests", extra={"user_id": 7})[1]

    assert context["owner"] == "7"


def test_a_component_called_quota():
    assert taken("Boom", "", "x", tags={"component": "quota"})[0] == "rate_limit"
