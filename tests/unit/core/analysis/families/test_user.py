import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("session is over", "USER-SESSION"),
        ("permission denied", "USER-AUTHORIZATION"),
        ("authentication failed: wrong password", "USER-AUTHENTICATION"),
        ("avatar is odd", "USER-PROFILE"),
        ("email address already taken", "USER-PROFILE"),
        ("account is locked after too many failed logins", "USER-LOCKED"),
        ("CSRF token missing", "USER-CSRF"),
        ("two-factor code is wrong", "USER-SECOND-FACTOR"),
        ("no idea", "USER-ACCOUNT"),
    ],
)
def test_the_kind_of_trouble(message, expected):
    assert coded("Boom", "", message, tags={"component": "user"}) == expected


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("ExpiredSignatureError", "jwt", "Signature has expired", "USER-TOKEN-EXPIRED"),
        ("TokenExpiredError", "", "jwt expired", "USER-TOKEN-EXPIRED"),
        ("ExpiredJwtException", "io.jsonwebtoken", "JWT expired at", "USER-TOKEN-EXPIRED"),
        ("ImmatureSignatureError", "jwt", "The token is not yet valid (iat)", "USER-CLOCK"),
        ("InvalidSignatureError", "jwt", "Signature verification failed", "USER-TOKEN-INVALID"),
        ("BadCredentialsException", "org.springframework.security", "x", "USER-AUTHENTICATION"),
        ("Pundit::NotAuthorizedError", "", "not allowed to update?", "USER-AUTHORIZATION"),
        ("SessionInterrupted", "django.contrib.sessions", "x", "USER-SESSION"),
    ],
)
def test_what_libraries_say(kind, module, message, expected):
    assert coded(kind, module, message) == expected


def test_who_it_was():
    found = taken("ExpiredSignatureError", "jwt.exceptions", "has expired", user={"id": 7})

    assert found == ("user", {"user": "7"})
    assert answered("ExpiredSignatureError", "jwt.exceptions", "has expired")[1] == 401


def test_the_id_of_a_session_is_a_secret():
    context = read("Boom", "", "session is over", tags={"component": "auth", "session_id": "s3"})

    assert context == {}


def test_the_permission_is_read():
    context = read(message="access denied: permission 'orders.edit' is missing")

    assert context["permission"] == "orders.edit"
