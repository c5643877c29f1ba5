"""What the platform's own rows say of the drill: episodes, notifications, attempts."""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from tests.chaos.alerts.declarations import RULES

EPISODES = """
    SELECT id, labels->>'component', resolved_at IS NOT NULL, extract(epoch FROM fired_at)::float8
    FROM alerts
    WHERE labels->>'alertname' = ANY (%s)"""
NOTIFICATIONS = """
    SELECT n.id, n.channel, n.kind, n.dedup_key, n.webhook_id, n.state,
        extract(epoch FROM n.created_at)::float8, n.alert_ids
    FROM notifications AS n ORDER BY n.id"""
BROKEN_OFF = """
    SELECT a.at FROM delivery_attempts AS a WHERE a.seconds IS NULL ORDER BY a.id"""
ATTEMPTS = """
    SELECT n.webhook_id, coalesce(a.error, a.status::text, 'broken off')
    FROM delivery_attempts AS a JOIN notifications AS n ON n.id = a.notification_id
    ORDER BY a.id"""
WAITING = """
    SELECT (SELECT count(*) FROM notifications WHERE state = 'waiting')
        + (SELECT count(*) FROM alerts WHERE resolved_at IS NULL AND state <> 'inactive'
            AND labels->>'alertname' = ANY (%s))
        + (SELECT count(*) FROM alert_groups WHERE closed_at IS NULL AND route = 'default/drill')"""


@dataclass(frozen=True)
class Episode:
    """`fired_at` in seconds since 1970, as all times here."""

    id: int
    component: str
    resolved: bool
    fired_at: float


@dataclass(frozen=True)
class Note:
    """One notification as the platform has it."""

    id: int
    channel: str
    kind: str
    dedup_key: str
    webhook_id: str
    state: str
    created_at: float
    alert_ids: tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """`attempts` are what became of each, with the id that it carried; `broken_off` the beginnings
    of those that nobody knows the end of.
    """

    episodes: tuple[Episode, ...] = ()
    notes: tuple[Note, ...] = ()
    attempts: tuple[tuple[str, str], ...] = ()
    broken_off: tuple[datetime, ...] = ()


def read(database_url):
    with psycopg.connect(database_url) as connection:
        episodes = connection.execute(EPISODES, [list(RULES)]).fetchall()
        ours = {row[0] for row in episodes}
        notes = [
            Note(*row[:-1], alert_ids=tuple(row[-1]))
            for row in connection.execute(NOTIFICATIONS).fetchall()
        ]
        return Rows(
            episodes=tuple(Episode(*row) for row in episodes),
            notes=tuple(note for note in notes if ours.intersection(note.alert_ids)),
            attempts=tuple(connection.execute(ATTEMPTS).fetchall()),
            broken_off=tuple(row[0] for row in connection.execute(BROKEN_OFF).fetchall()),
        )


def waiting(database_url):
    """What is not over yet, None while the database is away."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            return connection.execute(WAITING, [list(RULES)]).fetchone()[0]
    except psycopg.Error:
        return None
