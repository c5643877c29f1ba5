import pytest

from tests.unit.core.analysis.families.facts import taken


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("session is over", "session"),
        ("permission denied", "authorization"),
        ("authentication failed", "authentication"),
        ("avatar is odd", "profile"),
    ],
)
def test_the_kind_of_trouble(message, kind):
    family, context = taken("Boom", "", message, tags={"component": "user"})

    assert (family, context["kind"]) == ("user", kind)


def test_an_expired_token():
    family, context = taken(
        "ExpiredSignatureError", "jwt.exceptions", "Signature has expired", user={"id": 7}
    )

    assert (family, context) == ("user", {"kind": "session", "user": "7"})


def test_the_permission_is_read():
    assert (
        taken(message="access denied: permission 'orders.edit' is missing")[1]["permission"]
        == "orders.edit"
    )
