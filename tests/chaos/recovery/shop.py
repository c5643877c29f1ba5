"""The sample application: a small shop with a database, a cache, services and workers of its own.

It knows nothing of Mendline but what the documentation tells applications: where to report, how to
read switches, and how to take signed messages.
"""

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos.recovery.caller import ServiceError

TABLES = """
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL CHECK (balance >= 0));
INSERT INTO accounts SELECT n, 1000 FROM generate_series(1, 40) AS n;
CREATE TABLE orders (id text PRIMARY KEY, state text NOT NULL, paid bool NOT NULL DEFAULT false);
CREATE TABLE effects (item text, worker int, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE lines (id int PRIMARY KEY, account int REFERENCES accounts);
CREATE ROLE shop LOGIN PASSWORD 'opens';
GRANT ALL ON ALL TABLES IN SCHEMA public TO shop;
CREATE ROLE clerk LOGIN PASSWORD 'opens';
"""


def fetch(port, path, *, timeout=5.0, host="127.0.0.1", headers=None):
    """One call of a service; what is no success is an error."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        after = answer.headers.get("retry-after")
        reason = f"{answer.reason} for {path}: {body}"
        raise ServiceError(answer.status, reason, float(after) if after else None)
    return json.loads(body)


class Switches:
    """As docs/howto/recovery-actions.md has it: the last answer stays in force."""

    def __init__(self, url, key):
        self._url, self._key = f"{url}/api/v1/switches", key

    def get(self, name, default=None):
        asked = urllib.request.Request(self._url, headers={"Authorization": f"Bearer {self._key}"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.load(answer)["switches"].get(name, default)


class Shop:
    """`ways` are what its health is judged by: one real piece of work each, by name."""

    def __init__(self, database_url, cache_url, secret):
        self.database_url = database_url
        self.cache_url = cache_url
        self.ways = {}
        self.releases = ["1.0"]
        self.messages = []
        self.on_message = {}
        self.secret = secret
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _front(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def connect(self, **options):
        return psycopg.connect(self.database_url, **{"connect_timeout": 5, **options})

    def execute(self, statement, *values, **options):
        with self.connect(autocommit=True, **options) as connection:
            found = connection.execute(statement, values or None)
            return found.fetchall() if found.description else []

    @contextmanager
    def cache(self, *, url=None, seconds=2):
        """It gives up at once: trying again is what is to be seen."""
        options = {"socket_timeout": seconds, "retry": Retry(NoBackoff(), 0)}
        with redis.Redis.from_url(url or self.cache_url, **options) as client:
            yield client

    def effects(self, item):
        ((n,),) = self.execute("SELECT count(*) FROM effects WHERE item = %s", item)
        return n

    def take(self, headers, body):
        """A message of Mendline; what is not genuine is refused."""
        if not genuine(headers, body, self.secret):
            return 401
        message = json.loads(body)
        self.messages.append(message)
        if message["type"] in self.on_message:
            self.on_message[message["type"]](message["data"])
        return 200

    def health(self, name):
        try:
            self.ways[name]()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is not well)
            return 503, f"{type(error).__name__}: {error}"
        return 200, "ready"


def genuine(headers, body, secret):
    """Whether Mendline sent it, and sent it now."""
    moment = headers["webhook-timestamp"]
    if abs(time.time() - int(moment)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([headers["webhook-id"].encode(), moment.encode(), body])
    mark = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split()
    return any(hmac.compare_digest(each, f"v1,{mark}") for each in given)


def _front(shop):
    class Front(BaseHTTPRequestHandler):
        def do_GET(self):
            status, words = shop.health(self.path.removeprefix("/health/"))
            self._answer(status, words)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self._answer(shop.take(self.headers, body), "taken")

        def _answer(self, status, words):
            packed = words.encode()
            self.send_response(status)
            self.send_header("content-length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_):
            """The reports of the bench are enough."""

    return Front
