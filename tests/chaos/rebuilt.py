"""A platform over a restored database, whose Redis is emptied: what only Redis had is made again.

Left behind in the database before the backup: events in the inbox, work of which half has gone out
as messages that nobody has any more, and a breaker that was opened by hand.
"""

import time
import uuid

import orjson
import psycopg
import redis

from core.clock import SystemClock
from core.intake.item import Kind
from tests.acceptance.platform import eventually, running
from tests.chaos import loader
from tests.chaos.orders import Orders

WORK = 200
INBOX = 300
BREAKER = "payments"
PATIENCE = 240.0
STORED = "SELECT count(*) FROM events WHERE event_id = ANY(%s)"


def leave_behind(url, project):
    orders = Orders(url, rate=2_000, total=WORK)
    orders.start()
    eventually(lambda: orders.complete)
    orders.stop()
    orders.close()
    now = SystemClock().now()
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE work_items SET state = 'published', band = 1, published_at = %s"
            " WHERE id IN (SELECT work_id FROM chaos.decided LIMIT %s)",
            [now, WORK // 2],
        )
        connection.execute(
            "INSERT INTO breakers (name, state, version, since, reason, author)"
            " VALUES (%s, 'forced_open', 1, %s, 'drill', 'drill')",
            [BREAKER, now],
        )
        connection.cursor().executemany(
            "INSERT INTO inbox (project_id, event_id, received_at, kind, encoding, body)"
            " VALUES (%s, %s, %s, %s, 0, %s)",
            [_event(project, now) for _ in range(INBOX)],
        )


def _event(project, now):
    event_id = uuid.uuid4()
    error = {"type": "ValueError", "message": "left in the inbox"}
    body = orjson.dumps({"event_id": event_id.hex, "error": error})
    return project, event_id, now, int(Kind.REPORT), body


def live_on(folder, url):
    """What was promised, and whether it was kept."""
    environment = loader.ENVIRONMENT | {"MENDLINE_DATABASE_URL": url}
    waiting = ask(url, "SELECT coalesce(array_agg(event_id), '{}') FROM inbox")
    orders = Orders(url, rate=0)
    try:
        with running(folder, env=environment, measured=False) as platform:
            begun = time.monotonic()
            empty(platform)
            eventually(lambda: orders.finished() >= WORK // 10, within=PATIENCE)
            empty(platform)
            eventually(lambda: orders.under_way() == 0, within=PATIENCE)
            eventually(lambda: ask(url, "SELECT count(*) FROM inbox") == 0, within=PATIENCE)
            shown = platform.mendline("breaker", "show", BREAKER, "--json")
            return {
                "work and events were waiting in the backup": len(waiting) == INBOX,
                "no work is lost with Redis": orders.lost() == [],
                "none is done twice": orders.doubled() == [],
                "no event is lost with Redis": ask(url, STORED, waiting) == INBOX,
                "an open breaker stays open": '"state": "open"' in shown.stdout,
                "messages go out and come back again": again(platform),
            }, round(time.monotonic() - begun, 1)
    finally:
        orders.close()


def empty(platform):
    with redis.Redis.from_url(platform.credentials["redis_url"]) as client:
        client.flushall()


def again(platform):
    with redis.Redis.from_url(platform.credentials["redis_url"]) as client:
        return eventually(client.dbsize, within=PATIENCE) > 0


def ask(url, statement, *values):
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values or None).fetchone()[0]
