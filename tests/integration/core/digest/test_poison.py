import json

import pytest
from structlog.testing import capture_logs

from core.digest.batch import Digester
from core.intake.item import Encoding, Kind
from tests.benchmarks import events
from tests.integration.core.digest.world import failure


class Broken:
    """What the analysis knows, gone wrong for some events: any look at it fails."""

    def __getattr__(self, name):
        raise LookupError(name)


@pytest.fixture
def broken(world):
    return Digester(world.means(Broken()), world.rules, writer=1)


def test_an_event_that_our_code_fails_on_is_stored_as_it_was_read(world, broken):
    world.put(failure(1))
    (batch,) = world.digest(broken)
    document = world.document(1)
    assert batch.stored == 1
    assert document["event"]["tags"] == {"mendline.undigestible": "LookupError"}
    assert "no such thing" in document["event"]["extra"]["raw"]
    assert document["analysis"]["tags"] == ["undigestible"]


def test_such_events_share_an_issue_that_names_the_failure(world, broken):
    world.put(failure(1), failure(2, where="elsewhere"))
    world.digest(broken)
    titles = world.one("SELECT title, event_count FROM issues")
    assert titles == ("Undigestible event: LookupError", 2)


def test_the_failure_is_reported(world, broken):
    world.put(failure(1))
    with capture_logs() as logs:
        world.digest(broken)
    (entry,) = [entry for entry in logs if entry["event"] == "digest.undigestible"]
    assert entry["event_id"] == events.event_id(1).hex
    assert (entry["error"], entry["permanent"]) == ("LookupError", True)


def test_secrets_stay_out_of_what_is_stored(world, broken):
    secret = "Bearer " + "a1" * 20
    world.put(failure(1, extra={"header": secret, "password": "hunter2"}))
    world.digest(broken)
    raw = world.document(1)["event"]["extra"]["raw"]
    assert secret not in raw
    assert "hunter2" not in raw


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[1]", b"null", b'{"exception": 5}', b"\xff\xfe\x00", b'"' * 99]
)
def test_bodies_that_no_client_should_send_are_stored_beside_others(world, body):
    world.put_body(body, event_id=events.event_id(1))
    world.put(failure(2))
    (batch,) = world.digest()
    assert (batch.stored, world.totals().missing) == (2, 0)
    assert world.document(1)["event"]["event_id"] == events.event_id(1).hex


def test_a_row_that_is_not_what_it_says_is_stored(world):
    identity = events.event_id(1)
    world.put_body(b"plain", event_id=identity, kind=Kind.ENVELOPE, encoding=Encoding.IDENTITY)
    world.execute("UPDATE inbox SET encoding = 1, kind = 99")
    world.digest()
    assert world.document(1)["analysis"]["tags"] == ["unreadable"]


@pytest.mark.parametrize(
    "fields",
    [
        {"release": "a\x00b"},
        {"environment": "\ud800"},
        {"tags": {"component": "\x00"}},
        {"level": "\ud800\x00"},
        {"release": "x" * 9_000},
        {"extra": {"number": 2**70}},
    ],
    ids=str,
)
def test_values_that_postgresql_refuses_do_not_stop_the_batch(world, fields):
    world.put_body(json.dumps(failure(1, **fields)).encode(), event_id=events.event_id(1))
    world.digest()
    assert world.totals().stored == 1


@pytest.mark.parametrize(
    "field", ["tags", "contexts", "extra", "user", "request", "fingerprint", "level", "release"]
)
def test_a_field_that_is_null_is_a_field_that_is_missing(world, field):
    world.put(failure(1, **{field: None}))
    world.digest()
    assert world.one("SELECT title FROM issues") == "ValueError: no such thing"


def test_deep_nesting_is_stored(world):
    deep = b'{"extra": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}"
    world.put_body(deep, event_id=events.event_id(1))
    world.digest()
    assert world.totals().stored == 1
