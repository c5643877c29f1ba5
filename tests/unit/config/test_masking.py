import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.masking import MASK, mask, masked

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer ml_abcdefgh12345678", "ml_abcdefgh12345678"),
        ("the key mend_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4 was refused", "Zm9vYmFyYmF6cXV4"),
        ("authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        (f"POST /k/{KEY}/api/errors 200", KEY),
        (f"http://{KEY}@localhost:8000/1", KEY),
        ("postgresql://mendline:hun-ter2@localhost:5432/x", "hun-ter2"),
        ("redis://:p@ss@localhost:6379/0", "p@ss"),
        (f"/api/1/envelope/?sentry_key={KEY}&sentry_version=7", KEY),
        ("host=localhost password=hunter2 dbname=x", "hunter2"),
        ("postgresql://db/x?sslpassword=hunter2", "hunter2"),
    ],
)
def test_a_secret_is_replaced(text, secret):
    assert secret not in mask(text)
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8000/api/v1/issues?query=a",
        "bearer of news",
        "mend_or_break",
        "a=1, b=2",
        "user@example.org wrote to /key/",
    ],
)
def test_plain_text_stays(text):
    assert mask(text) == text


def test_what_surrounds_a_url_password_stays_readable():
    assert mask("postgresql://ann:secret@db:5432/x") == f"postgresql://ann:{MASK}@db:5432/x"


@given(st.text(alphabet="abc:/@=\"' \n\\k", max_size=60))
def test_masking_twice_is_masking_once(text):
    assert mask(mask(text)) == mask(text)


def test_sensitive_names_hide_their_value_and_keep_the_rest():
    values = {"admin_key": "x", "Password": "y", "user": "z", "dsn": None}
    assert masked(values) == {"admin_key": MASK, "Password": MASK, "user": "z", "dsn": None}
