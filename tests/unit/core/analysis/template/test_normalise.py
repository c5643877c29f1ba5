import pytest

from core.analysis.template import PLACEHOLDERS, headline, masked, normalise

SHAPES = {
    "<n>": [
        "5", "-42", "3.25", "1e-5", "1,234.56", "50%", "1700000000", "3rd", "0x7fff5fbff8a0",
        "a1b2c3d4", "9af8", "0751007cd28df267e8e051b51f918c60", "507f1f77bcf86cd799439011",
    ],
    "<date>": [
        "2024-02-20", "2024-02-20T22:16:36Z", "2024-02-20 22:16:36.123+00:00",
        "2024/02/20 22:16:36", "20/Feb/2024:22:16:36 +0000", "Tue, 20 Feb 2024 22:16:36 GMT",
        "Tue Feb 20 22:16:36 2024", "Feb 20, 2024", "20240220T221636Z", "22:16:36.123",
        "10:16 PM", "20.02.2024", "Monday, 02-Jan-06 15:04:05 MST", "2006-01-02T15:04:05Z07:00",
        "2005-06-03-15.42.50.363779", "3 March", "2024-W08", "March 2024",
    ],
    "<duration>": [
        "5ms", "1.5 hours", "1h30m5s", "3 days", "500 milliseconds", "PT0.5S", "2 days, 3:04:05",
        "365d", "1.5e-3 s", "7µs",
    ],
    "<size>": ["12.5 MB", "3GiB", "1024 bytes", "512KB", "2Gi"],
    "<uuid>": ["7c1811ed-e98f-4c9c-a9f9-58c757ff494f", "7C1811ED-E98F-4C9C-A9F9-58C757FF494F"],
    "<ip>": [
        "10.0.0.1", "192.168.1.255:8080", "::1", "fe80::1ff:fe23:4567:890a", "2001:db8::1",
        "00:1B:44:11:3A:B7", "fe80::1%eth0", "10.0.0.0/8", "[::1]:443", "::ffff:10.0.0.1",
    ],
    "<url>": [
        "http://a.example/x?p=1", "tcp://10.1.2.3:9000", "https://user:pw@host.example/p#f",
        "http://[2001:db8::1]:80", "data:image/png;base64,iVBORw0KGgo", "shop.example.com/cart/5",
    ],
    "<email>": ["bob@example.com", "b.o+tag@sub.example.co.uk"],
    "<host>": ["db-1.prod.internal", "www.example.com:8080", "cache.local", "a.b.svc"],
    "<path>": [
        "/var/log/app/x.log", "C:\\Users\\Bob Smith\\x.log", "\\\\server\\share\\f.doc", "~/a/b",
        "src/a/b.py", "src/a/b.py:12:5", "report.csv",
    ],
    "<token>": [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-123",
        "dGhpcyBpcyBhIHRlc3Qgc3RyaW5nIDEyMw==", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "req_011CSabc789def", "arn:aws:s3:::bucket/key", "k9Mtd2gDcgG", "AKIAIOSFODNN7EXAMPLE",
    ],
    "<trace>": [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "1-67891233-abcdef012345678912345678",
    ],
    "<version>": ["1.2.3", "v2.0.0-rc.1", "10.4.22+build5", "v1.2"],
    "x=<bool>": ["x=true", "x=False"],
    "x=<str>": ["x='a b'", 'x="7"'],
}  # fmt: skip
KEPT = [
    "status code 503",
    "exit status 137",
    "TS2304: Cannot find the name",
    '(1062, "Duplicate entry")',
    "std::vector out of bounds",
    "utf8mb4, secp256k1, ed25519, AES-256-GCM, iso-8859-1, x86_64, log4j2",
    "Fee::add() was called by Option::unwrap()",
    "it isn't what the users' group wasn't told",
    "a = True, a = false",
    "b='value\"",
    "deadbee and CAFE and 9af",
    "java.io.IOException: os.path.join(a, b)",
    "and/or, read/write, application/json, non-zero, re-run",
    "C++ and F# and .NET",
]
VALUES = [
    ("name='Bob Smith' ok=True", "name=<str> ok=<bool>"),
    ("user_34 on worker-12", "user_<n> on worker-<n>"),
    ("pod web-7d4b9c6f8-x2x9z", "pod web-<token>"),
    ("No such file: 'report.csv'", "No such file: <str>"),
    ("<Foo object at 0x7f12>", "<Foo object at <n>>"),
    ("KeyError: 'item_5'", "KeyError: <str>"),
    ("pid (12345) died", "pid (<n>) died"),
    ("1205 rows, error 3 of 5", "<n> rows, error <n> of <n>"),
    ("zip code 12345, exit code 2", "zip code <n>, exit code 2"),
    ("returned 404 rows", "returned <n> rows"),
    ("table 'log_20240220' is full", "table 'log_<n>' is full"),
    ('error="bad port 99999" user="bob"', 'error="bad port <n>" user=<str>'),
    ("id in [1, 2, 3]; [4, 5]", "id in [<n>]; [<n>]"),
    ("{'a b': 1, 'c': 'x y'}", "{'a b': <n>, 'c': <str>}"),
    ("/cart?id=5&user=bob gone", "/cart?<str> gone"),
]


@pytest.mark.parametrize(
    ("template", "value"), [(shape, value) for shape, values in SHAPES.items() for value in values]
)
def test_a_value_becomes_its_placeholder_wherever_it_stands(template, value):
    assert normalise(value) == template
    assert normalise(f"before {value}") == f"before {template}"
    assert normalise(f"{value} after") == f"{template} after"
    assert normalise(f"before {value}, after") == f"before {template}, after"


@pytest.mark.parametrize("message", KEPT)
def test_words_and_codes_that_carry_meaning_stay(message):
    assert normalise(message) == message


@pytest.mark.parametrize(("message", "template"), VALUES)
def test_values_in_context(message, template):
    assert normalise(message) == template


@pytest.mark.parametrize("placeholder", PLACEHOLDERS, ids=lambda placeholder: placeholder.name)
def test_every_placeholder_is_shown_by_its_example(placeholder):
    assert f"<{placeholder.name}>" in normalise(placeholder.example)


def test_white_space_is_one_space():
    assert normalise(" a\n\tb  c ") == "a b c"


def test_colours_of_a_terminal_are_no_text():
    assert normalise("\x1b[1;31mbad\x1b[0m \x1b]0;title\x07disk") == "bad disk"


def test_a_masked_line_keeps_its_lists():
    assert masked("ids 1, 2,  3 of 10.0.0.1") == "ids <n>, <n>, <n> of <ip>"


def test_the_headline_is_the_first_two_lines_with_text():
    assert headline("\n a \n\n b\n c") == " a \n b"
