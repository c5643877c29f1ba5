import copy

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.scrub import Names, clean, hints, scrub
from core.intake.secrets import FILTERED, is_card

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_Xg"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc/def+\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    ("Authorization: Bearer abcdefghijklmnop1234", "Authorization: Bearer [Filtered]"),
    ("basic dXNlcjpwYXNzd29yZDEyMw==", "basic [Filtered]"),
    (f"token was {JWT}.", "token was [Filtered]."),
    ("key AKIAIOSFODNN7EXAMPLE used", "key [Filtered] used"),
    (f"read {PEM} from disk", "read [Filtered] from disk"),
    ("postgres://user:hunter2@db:5432/shop", "postgres://[Filtered]@db:5432/shop"),
    ("redis://:hunter2@cache/0", "redis://[Filtered]@cache/0"),
    ("mysql -u root --password=hunter2 shop", "mysql -u root --password=[Filtered] shop"),
    ('{"password": "hunter2", "a": 1}', '{"password": "[Filtered]", "a": 1}'),
    ("GET /?api_key=abc123&page=2", "GET /?api_key=[Filtered]&page=2"),
    ("Server=db;Pwd=hunter2;", "Server=db;Pwd=[Filtered];"),
    ("ACCESS_KEY: 'abcdef'", "ACCESS_KEY: '[Filtered]'"),
    ("card 4111 1111 1111 1111 declined", "card [Filtered] declined"),
    ("card 5500-0055-5555-5559", "card [Filtered]"),
    ("amex\n378282246310005", "amex\n[Filtered]"),
    ("Authorization: Bearer\tabcdefghijklmnop1234", "Authorization: Bearer [Filtered]"),
    ("Basic\r\n dXNlcjpwYXNzd29yZDEyMw==", "Basic [Filtered]"),
    ("token:\n  abcdef123", "token:\n  [Filtered]"),
    ("PASSWORD\t=\v\thunter2", "PASSWORD\t=\v\t[Filtered]"),
]
HARMLESS = [
    "the author of the tokenizer",
    "password required",
    "http://localhost:8000/path?a=b@c",
    "order 4111111111111112 not found",
    "took 1700000000000 ms",
    "id 1234567890123456",
    "9ec79c33ec9942ab8353589fcb2e04dc",
    "the bearer of bad news",
    "basic usage",
    "eyJ is how it begins",
    "0000 0000 0000 0000",
    "2026-03-01 12:00:00.123456",
]


@pytest.mark.parametrize(("text", "expected"), SECRETS)
def test_secrets_in_text_are_taken_out(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize(("text", "expected"), SECRETS)
def test_wherever_they_stand_in_an_event(text, expected):
    event = {
        "exception": {"values": [{"value": text, "stacktrace": {"frames": [{"vars": [text]}]}}]}
    }
    assert scrub(event) == 2
    assert event["exception"]["values"][0]["value"] == expected


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays(text):
    assert clean(text) == text
    assert scrub({"logentry": {"formatted": text}}) == 0


SECRET_NAMES = (
    "password PASSWORD db_password userPasswd api_key X-Api-Key apiKey Cookie authorization auth "
    "access-token accessToken client_secret sessionid PHPSESSID XSRF-TOKEN aws_secret_access_key "
    "private_key credentials jwt csrfToken"
)
PLAIN_NAMES = "author tokens_used tokenizer monkey passenger authority user"


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets(name):
    assert Names()(name)


@pytest.mark.parametrize("name", [*PLAIN_NAMES.split(), "", 5, None])
def test_names_of_no_secrets(name):
    assert not Names()(name)


def test_a_project_may_name_more():
    assert Names(frozenset({"Tax-Number"}))("tax_number")


def test_memory_of_names_is_bounded():
    names = Names()
    for number in range(30_000):
        names(f"name{number}")
    assert len(names._known) <= 20_000


PLACES = [
    ("request", {"headers": {"Authorization": "x", "Host": "h"}}),
    ("request", {"headers": [["Authorization", "x"], ["Host", "h"]]}),
    ("request", {"data": {"user": {"password": "x"}}}),
    ("user", {"auth": "x"}),
    ("extra", {"list": [{"secret": ["x"]}]}),
    ("contexts", {"app": {"token": {"value": "x"}}}),
    ("tags", {"api_key": "x"}),
    ("breadcrumbs", {"values": [{"data": {"password": "x"}}]}),
    ("exception", {"values": [{"stacktrace": {"frames": [{"vars": {"password": "x"}}]}}]}),
    ("threads", {"values": [{"stacktrace": {"frames": [{"vars": {"password": "x"}}]}}]}),
    ("stacktrace", {"frames": [{"vars": {"password": "x"}}]}),
]


@pytest.mark.parametrize(("name", "value"), PLACES)
def test_named_secrets_are_taken_out_where_clients_put_them(name, value):
    event = {name: copy.deepcopy(value)}
    assert scrub(event) == 1
    assert FILTERED in orjson.dumps(event).decode()
    assert '"x"' not in orjson.dumps(event).decode()


def test_what_is_filtered_already_is_not_counted():
    assert scrub({"extra": {"password": FILTERED, "secret": None}}) == 0


def test_the_structure_of_an_event_is_not_touched():
    event = {
        "type": "error",
        "token": "x",
        "exception": {"values": [{"type": "Secret", "secret": 1}]},
    }
    before = copy.deepcopy(event)
    scrub(event)
    assert event == before


TEXTS = st.text(max_size=40)
AROUND = st.tuples(TEXTS, st.sampled_from([secret for secret, _ in SECRETS]), TEXTS).map("".join)


BLANK = st.text(" \t\n\r\f\v", min_size=1, max_size=3)
BLANKS = st.tuples(AROUND, BLANK).map(lambda pair: pair[0].replace(" ", pair[1]))


@given(AROUND | BLANKS | st.text())
def test_the_first_look_never_misses_what_would_be_taken_out(text):
    event = {"a": [text]}
    kinds = hints(orjson.dumps(event))
    assert clean(text, kinds) == clean(text)


@given(AROUND)
def test_scrubbing_twice_changes_nothing(text):
    event = {"logentry": {"formatted": text}}
    scrub(event)
    once = copy.deepcopy(event)
    scrub(event)
    assert event == once


@pytest.mark.parametrize(
    ("number", "card"),
    [("4111111111111111", True), ("4222222222222", True), ("6011111111111117", True),
     ("3530111333300000", True), ("30569309025904", True), ("4111111111111112", False),
     ("1111111111111117", False), ("", False)],
)  # fmt: skip
def test_card_numbers(number, card):
    assert is_card(number) is card


@pytest.mark.parametrize("filler", ["a", "1 ", "-", "eyJ", "://a:", "password=", "bearer "])
def test_long_hostile_text_is_quick(filler):
    assert clean(filler * 20_000) is not None
