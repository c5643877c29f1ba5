import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.template import MAX_LENGTH, headline, normalise

SHAPES = {
    "<n>": ["5", "-42", "3.25", "1e-5", "1,234.56", "50%", "1700000000", "3rd"],
    "<date>": [
        "2024-02-20",
        "2024-02-20T22:16:36Z",
        "2024-02-20 22:16:36.123+00:00",
        "2024/02/20 22:16:36",
        "20/Feb/2024:22:16:36 +0000",
        "Tue, 20 Feb 2024 22:16:36 GMT",
        "Tue Feb 20 22:16:36 2024",
        "Feb 20, 2024",
        "20240220T221636Z",
        "22:16:36.123",
        "10:16 PM",
        "20.02.2024",
    ],
    "<duration>": ["5ms", "1.5 hours", "1h30m5s", "3 days", "500 milliseconds"],
    "<size>": ["12.5 MB", "3GiB", "1024 bytes", "512KB"],
    "<uuid>": ["7c1811ed-e98f-4c9c-a9f9-58c757ff494f", "7C1811ED-E98F-4C9C-A9F9-58C757FF494F"],
    "<hex>": [
        "0x7fff5fbff8a0", "a1b2c3d4", "0751007cd28df267e8e051b51f918c60",
        "507f1f77bcf86cd799439011",
    ],
    "<ip>": [
        "10.0.0.1", "192.168.1.255:8080", "::1", "fe80::1ff:fe23:4567:890a", "2001:db8::1",
        "00:1B:44:11:3A:B7",
    ],
    "<url>": ["http://a.example/x?p=1", "tcp://10.1.2.3:9000", "https://user:pw@host.example/p#f"],
    "<email>": ["bob@example.com", "b.o+tag@sub.example.co.uk"],
    "<host>": ["db-1.prod.internal", "www.example.com:8080", "cache.local"],
    "<path>": [
        "/var/log/app/x.log", "C:\\Users\\Bob Smith\\x.log", "\\\\server\\share\\f.doc",
        "~/a/b", "src/a/b.py",
    ],
    "<token>": [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-123",
        "dGhpcyBpcyBhIHRlc3Qgc3RyaW5nIDEyMw==",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "req_011CSabc789def",
        "arn:aws:s3:::bucket/key",
    ],
    "<trace>": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    "<version>": ["1.2.3", "v2.0.0-rc.1", "10.4.22+build5"],
}  # fmt: skip
KEPT = [
    "HTTP 404 from the gateway",
    "status code 503",
    "exit status 137",
    "[Errno 111] Connection refused",
    "404 Not Found",
    "got 404 from upstream",
    "ORA-00060: deadlock detected",
    "TS2304: Cannot find name 'x'",
    "E11000 duplicate key",
    '(1062, "Duplicate entry")',
    "error 1045",
    "'NoneType' object has no attribute 'foo'",
    "std::vector out of bounds",
    'column "price" does not exist',
    "cannot convert to 'int64'",
]
WITH_VALUES = [
    ("Key (email)=(bob) already exists", "Key (email)=<str> already exists"),
    ("name='Bob Smith' ok=True", "name=<str> ok=<bool>"),
    ("user_34 on worker-12", "user_<n> on worker-<n>"),
    ("column 3 of 45", "column <n> of <n>"),
    ("pod web-7d4b9c6f8-x2x9z", "pod web-<hex>"),
    ("No such file: 'report.csv'", "No such file: '<path>'"),
    ("GET /api/users/123/orders", "GET /api/users/<n>/orders"),
    ("<Foo object at 0x7f12>", "<Foo object at <hex>>"),
    ("KeyError: 'item_5'", "KeyError: <str>"),
    ("pid (12345) died", "pid (<n>) died"),
    ("1205 rows", "<n> rows"),
]


@pytest.mark.parametrize(
    ("template", "value"), [(shape, value) for shape, values in SHAPES.items() for value in values]
)
def test_a_variable_part_becomes_its_placeholder(template, value):
    assert normalise(value) == template
    assert normalise(f"blah {value} had a problem") == f"blah {template} had a problem"


@pytest.mark.parametrize("message", KEPT)
def test_words_and_codes_that_carry_meaning_stay(message):
    assert normalise(message) == message


@pytest.mark.parametrize(("message", "template"), WITH_VALUES)
def test_values_in_context(message, template):
    assert normalise(message) == template


def test_white_space_is_one_space():
    assert normalise(" a\n\tb  c ") == "a b c"


@given(st.text(max_size=300))
def test_a_template_is_its_own_template(message):
    assert normalise(normalise(message)) == normalise(message)


PIECES = [
    "1", "a", "A", ".", ":", "-", "/", "\\", " ", "@", "=", "'", '"', "(", "0x", "::", "1.", "a/",
    "_", "eyJ", "http://", "1,", "ab1", "#0 ", "é", "<n>", "%", "[", "\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.integers(1, 1_500))
@settings(deadline=None, max_examples=150)
def test_no_text_takes_long(pieces, times):
    started = time.process_time()
    once = normalise("".join(pieces) * times)
    assert normalise(once) == once
    assert len(once) <= MAX_LENGTH
    # A guard against exponential patterns, far above what is usual.
    assert time.process_time() - started < 5


def test_the_headline_is_the_first_two_lines_with_text():
    assert headline("\n a \n\n b\n c") == " a \n b"
