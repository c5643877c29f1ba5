"""The Sentry protocol, as its clients speak it, against a real server."""

import gzip
import json
import uuid
import zlib

import brotli
import pytest
import zstandard

from core.intake import reader
from core.model import InboxRow

EVENT = {"message": "boom", "level": "error", "platform": "python"}


def framed(event_id, *items):
    lines = [json.dumps({"event_id": event_id} if event_id else {}).encode()]
    for kind, payload in items:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(data)}).encode(), data]
    return b"\n".join(lines) + b"\n"


def fresh():
    return uuid.uuid4().hex


@pytest.fixture
def post(shared):
    """Sends an envelope as sentry-python does, unless told otherwise."""

    def send(content, *, path="envelope/", headers=None, query="", project=None):
        auth = (
            f"Sentry sentry_key={shared.key}, sentry_version=7, sentry_client=sentry.python/2.68.0"
        )
        return shared.answers.post(
            f"/api/{project or shared.project}/{path}{query}",
            content=content,
            headers={"X-Sentry-Auth": auth} if headers is None else headers,
        )

    return send


@pytest.fixture
def stored(shared):
    """The events in the inbox under an id."""

    def look(event_id):
        with shared.database.transaction() as session:
            rows = session.query(InboxRow).filter_by(event_id=uuid.UUID(event_id)).all()
            return [reader.read(row).event for row in rows]

    return look


def raw_deflate(data):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


ENCODINGS = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("identity", bytes),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("chunked", [False, True])
def test_every_encoding_is_taken(post, stored, shared, encoding, chunked):
    name, compress = encoding
    event_id = fresh()
    body = compress(framed(event_id, ("event", EVENT)))
    headers = {"Content-Encoding": name, "X-Sentry-Auth": f"Sentry sentry_key={shared.key}"}
    answer = post(pieces(body) if chunked else body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"id": event_id})
    assert [event["logentry"]["formatted"] for event in stored(event_id)] == ["boom"]


def pieces(body):
    """A generator is sent chunked."""
    yield from (body[at : at + 50] for at in range(0, len(body), 50))


def test_what_a_javascript_client_sends(shared, stored):
    """`@sentry/node` 10: no length, no last newline, the key in the query, text/plain."""
    event_id = fresh()
    body = (
        f'{{"event_id":"{event_id}","sent_at":"2026-03-01T12:00:00.000Z",'
        '"sdk":{"name":"sentry.javascript.node","version":"10.63.0"},'
        '"trace":{"environment":"production","public_key":"x","trace_id":"y"}}\n'
        '{"type":"event"}\n'
        '{"exception":{"values":[{"type":"TypeError","value":"x is undefined","stacktrace":'
        '{"frames":[{"filename":"/app/a.js","function":"f","lineno":3,"colno":9,"in_app":true}]},'
        '"mechanism":{"type":"generic","handled":true}}]},'
        f'"event_id":"{event_id}","level":"error","platform":"node","timestamp":1772366400.123}}'
    )
    client = "sentry.javascript.node%2F10.63.0"
    answer = shared.answers.post(
        f"/api/{shared.project}/envelope/?sentry_version=7&sentry_key={shared.key}&sentry_client={client}",
        content=body.encode(),
        headers={"Content-Type": "text/plain;charset=UTF-8"},
    )
    assert answer.json() == {"id": event_id}
    (event,) = stored(event_id)
    assert event["exception"]["values"][0]["type"] == "TypeError"


def test_what_a_go_client_sends(shared, stored):
    event_id = fresh()
    payload = json.dumps(EVENT).encode()
    dsn = f"http://{shared.key}@host/{shared.project}"
    body = json.dumps({"event_id": event_id, "dsn": dsn, "sdk": {"name": "sentry.go"}}).encode()
    body += b'\n{"type":"event","length":%d}\n' % len(payload) + payload + b"\n"
    auth = f"Sentry sentry_version=7, sentry_client=sentry.go/0.30, sentry_key={shared.key}"
    answer = shared.answers.post(
        f"/api/{shared.project}/envelope/", content=body, headers={"X-Sentry-Auth": auth}
    )
    assert answer.json() == {"id": event_id}
    assert len(stored(event_id)) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_tunnel_names_the_key_in_the_envelope_only(shared, stored, packed):
    event_id = fresh()
    dsn = f"http://{shared.key}@host/{shared.project}"
    header = json.dumps({"event_id": event_id, "dsn": dsn}).encode()
    body = header + b'\n{"type":"event"}\n' + json.dumps(EVENT).encode()
    answer = shared.answers.post(
        f"/api/{shared.project}/envelope/",
        content=gzip.compress(body) if packed else body,
        headers={"Content-Encoding": "gzip"} if packed else {},
    )
    assert answer.json() == {"id": event_id}
    assert len(stored(event_id)) == 1


@pytest.mark.parametrize("form", ["x-sentry-auth", "sentry", "bearer", "query"])
def test_the_key_may_stand_anywhere(post, shared, form):
    key = shared.key
    headers = {
        "x-sentry-auth": {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"},
        "sentry": {"Authorization": f"Sentry sentry_key={key}"},
        "bearer": {"Authorization": f"Bearer {key}"},
        "query": {},
    }[form]
    query = f"?sentry_key={key}" if form == "query" else ""
    body = framed(fresh(), ("event", EVENT))
    assert post(body, headers=headers, query=query).status_code == 200


@pytest.mark.parametrize("path", ["envelope", "envelope/", "envelope//", "store", "store/"])
def test_slashes_make_no_difference(post, path):
    body = framed(fresh(), ("event", EVENT)) if "envelope" in path else json.dumps(EVENT).encode()
    assert post(body, path=path).status_code == 200


@pytest.mark.parametrize("dashed", [True, False])
def test_ids_with_or_without_dashes(post, stored, dashed):
    event_id = uuid.uuid4()
    answer = post(framed(str(event_id) if dashed else event_id.hex, ("event", EVENT)))
    assert answer.json() == {"id": event_id.hex}
    assert len(stored(event_id.hex)) == 1


def test_an_event_without_any_id_gets_one(post, stored):
    answer = post(framed(None, ("event", EVENT)))
    assert len(stored(answer.json()["id"])) == 1


def test_store_answers_with_the_id(post, stored):
    event_id = fresh()
    answer = post(json.dumps(EVENT | {"event_id": event_id}).encode(), path="store/")
    assert (answer.status_code, answer.json()) == (200, {"id": event_id})
    assert len(stored(event_id)) == 1


@pytest.mark.parametrize("body", [b"{}", b"{}\n", b"{}\n\n"])
def test_an_empty_envelope_is_fine(post, body):
    answer = post(body)
    assert (answer.status_code, answer.json()) == (200, {})


def test_what_is_no_error_is_skipped_with_200(post, stored, shared):
    event_id = fresh()
    answer = post(framed(event_id, ("session", {}), ("transaction", {}), ("hologram", b"\x00")))
    assert (answer.status_code, answer.json()) == (200, {"id": event_id})
    assert stored(event_id) == []
    assert posted(shared, "skipped") >= {"session": 1, "transaction": 1, "unknown": 1}.items()


def posted(shared, account):
    """What the books hold, with what waits in memory posted first."""
    shared.run(shared.service._post())
    with shared.database.transaction() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT reason, sum(count)::int FROM book_entries WHERE account = %s GROUP BY 1",
            (account,),
        )
        return dict(rows.all()).items()


def test_the_same_event_twice_is_answered_alike(post, stored):
    event_id = fresh()
    answers = [post(framed(event_id, ("event", EVENT))) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"id": event_id}] * 2
    assert len(stored(event_id)) == 2  # the digest stores one


MALFORMED = [
    b"",
    b"nonsense",
    b"[]\n",
    b'{}\n{"type":"event","length":99}\n{}',
    b'{}\n{"type":"event","length":1}\n{}\n',
    b'{}\n{"type":"event"}\nnonsense\n',
    b'{}\n{"type":"event"}\n[]\n',
]


@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_envelopes_are_refused(post, body):
    refused(post(body), 400)


def refused(answer, status):
    assert answer.status_code == status
    assert set(answer.json()) == {"detail", "causes"}
    assert answer.json()["detail"]
    assert answer.headers["X-Sentry-Error"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert {"x-sentry-error", "x-sentry-rate-limits", "retry-after"} <= set(exposed.split(", "))
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("headers", [{}, {"X-Sentry-Auth": "Sentry sentry_version=7"}])
def test_no_key_is_refused(post, headers):
    refused(post(framed(fresh(), ("event", EVENT)), headers=headers), 403)
    refused(post(b"{}", path="store/", headers=headers), 403)


def test_an_unknown_key_is_refused(post):
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={'0' * 32}"}
    refused(post(b"not even read", headers=headers), 403)


@pytest.mark.parametrize(("project", "status"), [("999", 403), ("shop", 400)])
def test_the_project_must_be_the_keys(post, project, status):
    refused(post(framed(fresh(), ("event", EVENT)), project=project), status)


@pytest.mark.parametrize("name", ["lzma", "gzip, gzip"])
def test_an_unknown_encoding_is_refused(post, shared, name):
    auth = f"Sentry sentry_key={shared.key}"
    answer = post(b"x", headers={"X-Sentry-Auth": auth, "Content-Encoding": name})
    refused(answer, 400)
    assert "gzip, deflate, br or zstd" in answer.json()["detail"]


def test_wrong_bytes_in_an_encoding_are_refused(post, shared):
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={shared.key}", "Content-Encoding": "gzip"}
    refused(post(b"not gzip", headers=headers), 400)


def test_an_event_above_the_limit_is_too_large(post):
    refused(post(framed(fresh(), ("event", {"a": "x" * 2**20}))), 413)


def test_a_body_above_the_limit_is_too_large(post):
    refused(post(bytes(21 * 2**20)), 413)


def test_also_when_its_size_is_not_told(post):
    refused(post(bytes(2**20) for _ in range(22)), 413)


def test_a_bomb_is_too_large(post, shared):
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={shared.key}", "Content-Encoding": "br"}
    refused(post(brotli.compress(bytes(110 * 2**20), quality=1), headers=headers), 413)


def test_refusals_are_counted_by_reason(post, shared):
    post(b"nonsense")
    refused_before = dict(posted(shared, "rejected"))
    post(b"nonsense")
    post(framed(fresh(), ("event", EVENT), ("event", EVENT)))
    refused_after = dict(posted(shared, "rejected"))
    assert refused_after["malformed"] == refused_before["malformed"] + 1
    assert refused_after["duplicate_item"] == refused_before.get("duplicate_item", 0) + 1


def test_browsers_may_ask_first(shared):
    answer = shared.answers.request(
        "OPTIONS",
        f"/api/{shared.project}/envelope/",
        headers={"Origin": "https://app.test", "Access-Control-Request-Method": "POST"},
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert {"x-sentry-auth", "content-type", "content-encoding"} <= set(allowed.split(", "))
    assert answer.headers["Access-Control-Max-Age"] == "3600"


def test_other_methods_are_refused(shared):
    answer = shared.answers.get(f"/api/{shared.project}/envelope/")
    refused(answer, 405)


@pytest.mark.parametrize("given", ["abc-123", "x" * 200, "with space", None])
def test_requests_have_an_id(post, shared, given):
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={shared.key}"}
    headers |= {"X-Request-Id": given} if given else {}
    told = post(b"{}", headers=headers).headers["X-Request-Id"]
    assert told == given if given == "abc-123" else len(told) == 32


@pytest.mark.parametrize(
    "payload",
    [b'{"a": "\\ud800"}', b'{"a": NaN}', b'{"a": "\\u0000"}', b'{"a": "\xe4"}', b'{"a": 1e400}'],
)
def test_odd_json_is_taken_and_readable(post, stored, payload):
    event_id = fresh()
    assert post(framed(event_id, ("event", payload))).status_code == 200
    (event,) = stored(event_id)
    assert "extra" not in event
