"""Messages that no task can be started from, or that end badly: what may lie on a queue.

Each shape is an item of a Redis list as a stranger may have put it there.
"""

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

GOOD_BODY = b'[[], {"what": "shape"}, null]'
TASK = "drill.content"
MISSING = object()
ITEM = b"all that lay in the list"


@dataclass(frozen=True)
class Shape:
    """`item` makes the bytes in the list from the id of the message; `raw` is what is kept.

    None where the task has been started: then its arguments are.
    """

    item: Any
    reason: str
    raw: bytes | None = GOOD_BODY


def envelope(message_id, *, headers=MISSING, body=GOOD_BODY, **changes):
    """A message as kombu writes it; a change to `MISSING` leaves that part out."""
    whole = {
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"id": message_id, "task": TASK} if headers is MISSING else headers,
        "properties": {
            "delivery_tag": f"tag-{message_id}",
            "body_encoding": "base64",
            "delivery_info": {"exchange": "intake", "routing_key": "intake"},
            "priority": 0,
        },
    }
    properties = changes.pop("properties", {})
    if isinstance(properties, dict):
        properties = {**whole["properties"], **properties}
    whole |= {"properties": properties} | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return json.dumps(_without_missing(whole)).encode()


def _without_missing(value):
    if not isinstance(value, dict):
        return value
    return {name: _without_missing(each) for name, each in value.items() if each is not MISSING}


def header(reason="refused", raw=GOOD_BODY, body=GOOD_BODY, **changes):
    def item(message_id):
        headers = {"id": message_id, "task": TASK, **changes}
        return envelope(message_id, headers=_without_missing(headers), body=body)

    return Shape(item, reason, raw)


def body(content, reason="refused", **changes):
    return Shape(lambda message_id: envelope(message_id, body=content, **changes), reason, content)


def broken(item):
    """What is no envelope is kept as it lay there."""
    return Shape(item, "refused", ITEM)


DEEP = b"[" * 100_000
LARGE = b'[[], {"what": "' + b"x" * 3 * 2**20 + b'"}, 5]'
BOMB = zlib.compress(b" " * 80 * 2**20)

HEADERS = {
    "headers null": Shape(lambda m: envelope(m, headers=None), "refused"),
    "headers empty": Shape(lambda m: envelope(m, headers={}), "refused"),
    "no task": header(task=MISSING),
    "task null": header(task=None),
    "task a list": header(task=["drill.content"]),
    "task a number": header(task=7),
    "task empty": header(task=""),
    "task very long": header(task="x" * 5_000),
    "unknown task": header("unknown_task", task="nobody.knows"),
    "task of Celery's own": header("not_ledgered", task="celery.chord_unlock"),
    "no id": header(id=MISSING),
    "id a number": header(id=5),
    "id a list": header(id=["x"]),
    "id with a NUL": header(id="a\x00b"),
    "id half a character": header(id="\ud800"),
    "timelimit of texts": header(timelimit=["x", "y"]),
    "timelimit a number": header(timelimit=5),
    "timelimit negative": header(timelimit=[-1, None]),
    "timelimit not a number": header(timelimit=[float("nan"), None]),
    "stamped headers a number": header(stamped_headers=5),
    "stamps a list": header(stamps=[1]),
    "retries a text": header(retries="many"),
    "retries endless": header(retries=10**30),
    "bad eta": header(eta="tomorrow"),
    "eta a number": header(eta=5),
    "eta beyond all time": header(eta="9999-12-31T23:59:59-14:00"),
    "bad expires": header(expires=[]),
    "expired": header("expired", expires="2020-01-01T00:00:00+00:00"),
    "root id a mapping": header(root_id={}),
}
BODIES = {
    "null": body(b"null"),
    "a number": body(b"7"),
    "not a number": body(b"NaN"),
    "a text": body(b'"text"'),
    "an empty list": body(b"[]"),
    "two parts": body(b"[[], {}]"),
    "four parts": body(b"[[], {}, {}, {}]"),
    "a mapping": body(b'{"what": 1}'),
    "arguments a mapping": body(b"[{}, {}, {}]"),
    "keyword arguments a list": body(b"[[], [], {}]"),
    "callbacks a number": body(b"[[], {}, 5]"),
    "callbacks of a number": body(b'[[], {}, {"callbacks": 5}]'),
    "overwrites the request": body(b'[[], {}, {"id": "other"}]'),
    "empty": body(b""),
    "not JSON": body(b"{not json", "undecodable"),
    "half a JSON": body(b'[[], {"what": "sh', "undecodable"),
    "bad UTF-8": body(b'[[], {"what": "\xff\xfe"}, null]', "undecodable"),
    "UTF-16": body('[[], {"what": "x"}, null]'.encode("utf-16"), "undecodable"),
    "very deep": body(DEEP, "undecodable"),
    "a number of 10,000 digits": body(b"[[], {}, " + b"9" * 10_000 + b"]", "undecodable"),
    "very large": body(LARGE),
    "unknown type inside": body(
        b'[[], {"a": {"__type__": "x", "__value__": 1}}, null]', "undecodable"
    ),
    "NUL in an argument": header("permanent", body=b'[[], {"what": "a\\u0000b"}, null]', raw=None),
    "unknown argument": header("permanent", body=b'[[], {"never": 1}, null]', raw=None),
    "positional arguments": header("permanent", body=b"[[1], {}, null]", raw=None),
}
ENCODINGS = {
    "pickle": body(b"\x80\x04N.", content_type="application/x-python-serialize"),
    "yaml": body(b"a: 1", content_type="application/x-yaml"),
    "msgpack": body(b"\x93\x90\x80\xc0", content_type="application/x-msgpack"),
    "plain data": body(b"data", content_type="application/data"),
    "unknown type": body(b"data", content_type="text/made-up"),
    "no type": body(GOOD_BODY, content_type=MISSING),
    "type a list": body(GOOD_BODY, content_type=["application/json"]),
    "encoding a number": body(GOOD_BODY, content_encoding=8),
    "broken compression": header("undecodable", compression="application/x-gzip"),
    "unknown compression": header("undecodable", compression="made-up"),
    "compression a list": header("undecodable", compression=["gzip"]),
    "compression that explodes": header("undecodable", compression="gzip", body=BOMB, raw=BOMB),
}
ENVELOPES = {
    "not JSON": broken(lambda m: b"{not json " + m.encode()),
    "bad UTF-8": broken(lambda m: b"\xff\xfe" + m.encode()),
    "a number": broken(lambda _: b"5"),
    "a list": broken(lambda m: json.dumps([m]).encode()),
    "an empty mapping": broken(lambda _: b"{}"),
    "an empty text": broken(lambda _: b'""'),
    "very deep": broken(lambda m: DEEP + m.encode()),
    "no properties": broken(lambda m: envelope(m, properties=MISSING)),
    "properties a list": broken(lambda m: envelope(m, properties=[])),
    "no delivery tag": broken(lambda m: envelope(m, properties={"delivery_tag": MISSING})),
    "delivery tag a number": broken(lambda m: envelope(m, properties={"delivery_tag": 5})),
    "bad base64": broken(lambda m: envelope(m, body="A")),
    "base64 with other signs": broken(lambda m: envelope(m, body="W10=!" + GOOD_BODY.decode())),
    "unknown body encoding": broken(lambda m: envelope(m, properties={"body_encoding": "x"})),
    "body a mapping": broken(lambda m: envelope(m, body={"a": 1})),
    "headers a list": broken(lambda m: envelope(m, headers=[1])),
    "headers a text": broken(lambda m: envelope(m, headers="x")),
    "no body": Shape(lambda m: envelope(m, body=MISSING), "refused", b""),
}
# Odd, but all that is needed is there: these are run.
HARMLESS = {
    "no delivery info": lambda m: envelope(m, properties={"delivery_info": MISSING}),
    "delivery info null": lambda m: envelope(m, properties={"delivery_info": None}),
    "sent to an exchange that is gone": lambda m: envelope(
        m, properties={"delivery_info": {"exchange": "gone", "routing_key": "x"}}
    ),
    "priority endless": lambda m: envelope(m, properties={"priority": float("inf")}),
    "priority a text": lambda m: envelope(m, properties={"priority": "high"}),
    "headers with names that Celery uses inside": lambda m: envelope(
        m, headers={"id": m, "task": TASK, "get": 5, "update": 7, "args": 8, "is_eager": True}
    ),
    "language and representations of numbers": lambda m: envelope(
        m, headers={"id": m, "task": TASK, "lang": 5, "argsrepr": 6, "kwargsrepr": 7}
    ),
    "protocol 1": lambda m: envelope(
        m,
        headers={},
        body=json.dumps({"id": m, "task": TASK, "args": [], "kwargs": {"what": m}}).encode(),
    ),
    "eta of a moment ago": lambda m: envelope(
        m, headers={"id": m, "task": TASK, "eta": "2026-01-01T00:00:00"}
    ),
}
