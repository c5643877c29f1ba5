"""Fifty kinds of events as the real sentry-sdk sends them, and endless variations of each.

A template is captured once: a generated program of about 25 frames fails under a real SDK client
whose transport keeps the event. Whatever differs from one occurrence to the next in a real
program was put in as a placeholder, so that `event(number)` is a few replacements away, the same
on every machine and in every run: 13.5 KB of JSON, about 4 KB gzipped.
"""

import gzip
import linecache
import re
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from logging import getLogger
from random import Random

import orjson
import sentry_sdk
from sentry_sdk.transport import Transport
from sentry_sdk.utils import event_from_exception

TEMPLATES = 50
FRAMES = 23
DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:1/1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)

# A number, a hexadecimal word and a moment that differ in every occurrence.
NUMBER = re.compile(rb"77(\d{4})77")
WORD = re.compile(rb"feed(\d{4})feed")
MOMENT = re.compile(rb"2026-03-01T(\d{2}:\d{2}:\d{2})\.\d{6}Z")


def words(text):
    return tuple(text.split())


NOUNS = words(
    "account address agreement amount backorder balance basket batch booking branch bundle buyer "
    "campaign carrier catalogue channel claim consignment contract coupon credit customer delivery "
    "deposit discount dispatch document forecast invoice item ledger listing location manifest "
    "merchant message notice offer order package parcel payment payout plan price product profile "
    "quota quote rebate receipt refund region reminder rental request reservation returning route "
    "schedule segment shipment statement stock subscription supplier tariff ticket "
    "transfer vendor voucher warehouse"
)
VERBS = words(
    "allocate apply approve assign authorise build calculate cancel capture check collect confirm "
    "convert create dispatch enrich estimate export fetch import invoice issue load lock match "
    "merge normalise notify parse prepare price process publish reconcile refresh register release "
    "render reserve resolve route save schedule send settle split store submit transform update "
    "validate verify"
)
FAILURES = (
    ("KeyError", "{noun}_{n0}"),
    ("ValueError", "invalid {noun} {n0}: amount {n1} is out of range"),
    ("TimeoutError", "timed out after 30 s waiting for {noun} {n0}"),
    ("ConnectionError", "connection to {noun}-service:8443 refused (request {w0})"),
    ("PermissionError", "customer {n0} may not {verb} {noun} {n1}"),
    ("LookupError", "{noun} {n0} not found"),
    ("RuntimeError", "could not {verb} {noun} {n0}, state is {other}"),
    ("TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'"),
    ("AssertionError", "{noun} {n0} has {n1} lines, expected {n2}"),
    ("OSError", "[Errno 28] No space left on device: '/var/spool/{noun}/{w0}.tmp'"),
)
RAISED = (AssertionError, LookupError, OSError, RuntimeError, TypeError, ValueError)
FUNCTION = """
def {name}({first}, {second}_id):
    log.debug("{stage}")
    return {following}("{first}-%s" % {second}_id, {second}_id + 100)
"""
PADDING = (
    "# One {noun} at a time",
    "{noun}_limit = {verb}_limit = 250",
    "{verb}_{noun} = None",
    "DEFAULT_{noun} = ('{verb}', '{noun}')",
)
PACKAGES = (
    "django 5.2.1, celery 5.5.2, kombu 5.5.3, redis 6.1.0, psycopg 3.2.9, requests 2.32.3, "
    "urllib3 2.4.0, pydantic 2.11.4, sqlalchemy 2.0.41, jinja2 3.1.6, boto3 1.38.18, attrs 25.3.0, "
    "sentry-sdk 2.75.0, structlog 25.3.0, orjson 3.10.18, gunicorn 23.0.0, certifi 2025.4.26"
)


class Keep(Transport):
    """Keeps the event instead of sending it."""

    def __init__(self, options=None):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        self.events.append(orjson.loads(envelope.items[0].get_bytes()))


def number(index):
    return f"77{index:04d}77"


def word(index):
    return f"feed{index:04d}feed"


class Program:
    """A generated program whose innermost function fails."""

    def __init__(self, kind):
        self.rng = Random(kind)
        self.kind = kind
        self.noun, self.other = self.rng.sample(NOUNS, 2)
        self.verb = self.rng.choice(VERBS)
        self.space = {"log": getLogger("shop")}

    def failure(self):
        name, message = FAILURES[self.kind % len(FAILURES)]
        values = {f"n{i}": number(i) for i in range(3)} | {"w0": word(0)}
        return name, message.format(noun=self.noun, verb=self.verb, other=self.other, **values)

    def build(self):
        """Each function lives in a file of its own text, and calls the one made before it."""
        name, message = self.failure()
        body = f"\ndef fail({self.noun}, number):\n    raise {name}(messages['{self.noun}'])\n"
        self.space["messages"] = {self.noun: message}
        following = self._function("fail", body, depth=0)
        for depth in range(1, FRAMES - 1):
            following = self._function(*self._step(following, depth), depth=depth)
        return self.space[following]

    def _step(self, following, depth):
        """The number passed on grows by 100, so each frame has a placeholder of its own."""
        first, second = self.rng.sample(NOUNS, 2)
        verb = self.rng.choice(VERBS)
        name = f"{verb}_{first}_{depth}"
        text = FUNCTION.format(
            name=name,
            first=first,
            second=second,
            verb=verb,
            stage=self.rng.choice(VERBS),
            following=following,
        )
        return name, text

    def _function(self, name, text, *, depth):
        library = depth % 5 == 4
        package = "/usr/lib/python3.11/site-packages/flowline" if library else "/srv/shop"
        module = f"{self.rng.choice(NOUNS)}s.{self.rng.choice(VERBS)}"
        path = f"{package}/{module.replace('.', '/')}.py"
        source = self._padding() + text
        linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
        scope = self.space | {"__name__": f"{package.rsplit('/', 1)[1]}.{module}"}
        exec(compile(source, path, "exec"), scope)
        self.space[name] = scope[name]
        return name

    def _padding(self):
        lines = (
            self.rng.choice(PADDING).format(
                noun=self.rng.choice(NOUNS), verb=self.rng.choice(VERBS)
            )
            for _ in range(1)
        )
        return "\n".join(lines) + "\n"


def crumbs(program):
    for step in range(6):
        verb, noun = program.rng.choice(VERBS), program.rng.choice(NOUNS)
        at = START - timedelta(seconds=60 - 5 * step, microseconds=-step - 1)
        sentry_sdk.add_breadcrumb(
            type="http" if step % 3 == 0 else "default",
            category="httplib" if step % 3 == 0 else f"shop.{noun}s",
            message=f"{verb} {noun} {number(100 + step)}",
            data={"status_code": 200, "url": f"https://{noun}.internal/v2/{word(step)}"},
            timestamp=at,
        )


def describe(scope, program):
    scope.set_user({"id": number(50), "ip_address": "203.0.113.7", "segment": program.noun})
    scope.set_tag("component", f"{program.noun}-service")
    scope.set_tag("region", program.rng.choice(("eu-1", "eu-2", "us-1")))
    scope.set_tag("request_id", word(20))
    scope.set_context("order", {"reference": word(21), "lines": 3, "channel": program.other})
    scope.set_transaction_name(f"/api/{program.noun}s/{{id}}/{program.verb}")


def request(program):
    return {
        "method": "POST",
        "url": f"https://shop.example/api/{program.noun}s/{number(50)}/{program.verb}",
        "query_string": f"page={program.kind}&trace={word(22)}",
        "headers": {
            "Host": "shop.example",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate, br",
            "Authorization": "Bearer " + word(23) * 3,
            "Content-Type": "application/json",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
            "X-Request-Id": word(20),
        },
        "data": {program.noun: number(51), "quantity": 2, "note": f"{program.verb} it"},
        "env": {"SERVER_NAME": "web-3", "SERVER_PORT": "8443"},
    }


def capture(kind):
    """One template: the program fails, the SDK sees it, the transport keeps what it would send."""
    program = Program(kind)
    run = program.build()
    transport = Keep()
    client = sentry_sdk.Client(
        dsn=DSN,
        transport=transport,
        release=f"shop@4.{kind % 7}.0",
        environment="production",
        server_name=f"web-{kind % 4}",
        default_integrations=False,
        in_app_include=["shop"],
        shutdown_timeout=0,
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        crumbs(program)
        describe(scope, program)
        try:
            run(f"{program.noun}-{number(9)}", int(number(60)))
        except RAISED as error:
            found, hint = event_from_exception(error, client_options=client.options)
            sentry_sdk.capture_event(found, hint=hint)
    client.close(timeout=0)
    return settled(transport.events[0], program)


def settled(event, program):
    """What the machine of the benchmark would have put in, made the same everywhere."""
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    del frames[0]  # the benchmark's own
    for frame in frames:
        frame["filename"] = frame["abs_path"].split("/", 2)[2]
    event["contexts"]["runtime"] = {
        "name": "CPython",
        "version": "3.11.7",
        "build": "3.11.7 (main)",
    }
    event["contexts"]["trace"] = {
        "trace_id": word(30) * 2,
        "span_id": word(31),
        "op": "http.server",
    }
    event["modules"] = dict(item.split(" ") for item in PACKAGES.split(", "))
    event["request"] = request(program)
    event["timestamp"] = "2026-03-01T12:00:00.000000Z"
    event["event_id"] = "0" * 32
    return event


@cache
def templates():
    return tuple(orjson.dumps(capture(kind)) for kind in range(TEMPLATES))


def event_id(which):
    return uuid.UUID(int=Random(which).getrandbits(128), version=4)


def raw_event(which, *, seconds=0.0):
    """The JSON of occurrence `which`, of kind `which % TEMPLATES`, `seconds` after the start."""
    rng = Random(which)
    numbers, words = {}, {}
    at = START + timedelta(seconds=seconds)

    def new_number(match):
        return numbers.setdefault(match[1], b"%08d" % rng.randrange(10_000_000, 99_999_999))

    def new_word(match):
        return words.setdefault(match[1], b"%012x" % rng.getrandbits(48))

    def new_moment(match):
        moment = datetime.fromisoformat(f"2026-03-01T{match[1].decode()}+00:00") - START + at
        jitter = timedelta(microseconds=rng.randrange(1_000_000))
        return (moment + jitter).isoformat(timespec="microseconds").replace("+00:00", "Z").encode()

    text = NUMBER.sub(new_number, templates()[which % TEMPLATES])
    text = MOMENT.sub(new_moment, WORD.sub(new_word, text))
    return text.replace(b"0" * 32, event_id(which).hex.encode(), 1)


def event(which, *, seconds=0.0):
    return orjson.loads(raw_event(which, seconds=seconds))


def envelope(which, *, seconds=0.0):
    """The bytes that a client posts, before compression."""
    body = raw_event(which, seconds=seconds)
    header = {"event_id": event_id(which).hex, "sent_at": "2026-03-01T12:00:01.000000Z"}
    item = {"type": "event", "content_type": "application/json", "length": len(body)}
    return b"\n".join((orjson.dumps(header), orjson.dumps(item), body, b""))


def gzipped(which, *, seconds=0.0):
    return gzip.compress(envelope(which, seconds=seconds), 6, mtime=0)
