import pytest

from core.store.projects import dsn

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        ("http://127.0.0.1:8000", f"http://{KEY}@127.0.0.1:8000/7"),
        ("https://errors.example.org/", f"https://{KEY}@errors.example.org/7"),
        ("https://example.org/mendline/", f"https://{KEY}@example.org/mendline/7"),
        ("http://[::1]:9000", f"http://{KEY}@[::1]:9000/7"),
        ("http://user:secret@host:1", f"http://{KEY}@host:1/7"),
    ],
)
def test_a_dsn_is_the_public_address_with_key_and_project(public_url, expected):
    assert dsn(public_url, KEY, 7) == expected
