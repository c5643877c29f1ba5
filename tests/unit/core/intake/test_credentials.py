import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import credentials

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "header",
    [
        f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.68.0",
        f"Sentry sentry_version=7, sentry_client=sentry.go/0.30, sentry_key={KEY}",
        f"Sentry sentry_version=7,sentry_key={KEY},sentry_secret=abc",
        f"sentry sentry_timestamp=1.5, sentry_key={KEY}",
        f"sentry_key={KEY}",
        f'Sentry sentry_key="{KEY}"',
        f"Sentry sentry_key = {KEY.upper()}",
        f"Sentry sentry_key={KEY[:8]}-{KEY[8:12]}-{KEY[12:16]}-{KEY[16:20]}-{KEY[20:]}",
    ],
)
def test_the_key_is_found_in_any_order(header):
    assert credentials.from_sentry_header(header) == KEY


@pytest.mark.parametrize(
    "header", ["", "Sentry", "Sentry sentry_key=", "Sentry sentry_key=xyz", "Basic abc", ",,,==,"]
)
def test_no_key_in_other_headers(header):
    assert credentials.from_sentry_header(header) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"sentry_version=7&sentry_key={KEY}&sentry_client=sentry.javascript.node%2F10.63.0", KEY),
        (f"sentry_key={KEY}", KEY),
        ("sentry_version=7", None),
        ("sentry_key=%00", None),
    ],
)
def test_the_key_is_found_in_the_query(query, found):
    assert credentials.from_query(query) == found


@pytest.mark.parametrize(
    ("dsn", "found"),
    [
        (f"http://{KEY}@localhost:8000/1", (KEY, 1)),
        (f"https://{KEY}:secret@example.test/some/path/42/", (KEY, 42)),
        ("http://localhost/1", None),
        (f"http://{KEY}@localhost/name", None),
        ("http://[broken/1", None),
        ("", None),
    ],
)
def test_dsn(dsn, found):
    assert credentials.parse_dsn(dsn) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("007", 7), ("", None), ("x", None), ("-1", None), ("\u0661", None)],
)
def test_project_ids_are_decimal_digits(text, number):
    assert credentials.project_id(text) == number


def test_project_ids_fit_the_database():
    assert credentials.project_id("9" * 18) == 10**18 - 1
    assert credentials.project_id("9" * 19) is None


@pytest.mark.parametrize(
    ("text", "token"), [("Bearer abc", "abc"), ("bearer  x ", "x"), ("Basic x", None), ("", None)]
)
def test_bearer(text, token):
    assert credentials.bearer(text) == token


def test_what_a_header_held_is_remembered_by_its_name_too():
    remembered = credentials.Remembered()
    assert remembered(b"query", f"sentry_key={KEY}".encode()) == KEY
    assert remembered(b"query", f"sentry_key={KEY}".encode()) == KEY
    assert remembered(b"authorization", f"Bearer {KEY}".encode()) == KEY
    assert remembered(b"authorization", f"Sentry sentry_key={KEY}".encode()) == KEY
    assert remembered(b"x-sentry-auth", f"Bearer {KEY}".encode()) is None


def test_memory_is_bounded():
    remembered = credentials.Remembered()
    for number in range(10_000):
        remembered(b"query", b"%d" % number)
    assert len(remembered._known) <= 4_096


def test_what_is_long_is_read_but_not_kept():
    remembered = credentials.Remembered()
    long = f"Sentry sentry_key={KEY}, x=".encode() + b"x" * 100_000
    assert remembered(b"x-sentry-auth", long) == KEY
    assert sum(len(kept) for kept in remembered._known) <= 1_024


def test_a_query_of_thousands_of_fields_holds_no_key():
    assert credentials.Remembered()(b"query", b"a=1&" * 1_000) is None


@given(name=st.sampled_from([b"query", b"x-sentry-auth", b"authorization"]), value=st.binary())
def test_any_header_is_read(name, value):
    found = credentials.Remembered()(name, value)
    assert found is None or len(found) == 32


@given(st.text())
def test_any_dsn_is_read(text):
    credentials.parse_dsn(text)


@pytest.mark.parametrize(("query", "project"), [("project=7", 7), ("project=x", None), ("", None)])
def test_the_project_of_a_key_for_all_projects(query, project):
    assert credentials.query_project(query) == project
