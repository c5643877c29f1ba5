"""The drill: kill everything in random order under load, then prove that nothing was lost."""

import json
import random
import time
from dataclasses import asdict, dataclass, field

import httpx2
import psycopg

from tests.acceptance.platform import eventually
from tests.chaos import faults
from tests.chaos.load import Load


@dataclass
class Outcome:
    """Counts of one drill. `lost` and `doubled` list event ids and must be empty."""

    seed: int
    seconds: float
    accepted: int = 0
    refused: int = 0
    unreachable: int = 0
    hits: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    books: dict = field(default_factory=dict)
    doctor: int = -1
    drained_in: float = 0.0

    @property
    def as_json(self):
        return json.dumps(asdict(self), indent=2)


def run(platform, *, seconds, rate, pause=2.0, seed=7):
    """Hits one random part every `pause` seconds (± half) while `rate` errors a second come in."""
    chance = random.Random(seed)
    outcome = Outcome(seed=seed, seconds=seconds)
    load = Load(platform.dsn, rate=rate)
    load.start()
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(pause * chance.uniform(0.5, 1.5))
            outcome.hits.append(chance.choice(faults.ALL).hit(platform, chance))
    finally:
        load.stop()
    outcome.accepted = len(load.accepted)
    outcome.refused, outcome.unreachable = load.refused, load.unreachable
    settle(platform, outcome)
    compare(platform, load.accepted, outcome)
    return outcome


def settle(platform, outcome):
    """Waits until everything runs again and no event is waiting."""
    started = time.monotonic()

    def drained():
        answer = platform.mendline("doctor", "--json")
        outcome.doctor = answer.returncode
        if answer.returncode != 0:
            return False
        return pending(platform) == 0

    eventually(drained, within=240, every=1.0)
    outcome.drained_in = time.monotonic() - started


def pending(platform):
    """None while the API is still on its way back."""
    try:
        with platform.api() as api:
            answer = api.get("/api/v1/stats")
    except httpx2.HTTPError:
        return None
    return answer.json()["pending"] if answer.status_code == 200 else None


def compare(platform, accepted, outcome):
    with psycopg.connect(platform.credentials["database_url"]) as connection:
        rows = connection.execute(
            "SELECT replace(event_id::text, '-', ''), count(*) FROM events"
            " WHERE project_id = %s GROUP BY event_id",
            [platform.dsn.rsplit("/", 1)[1]],
        ).fetchall()
    stored = dict(rows)
    outcome.lost = sorted(accepted - stored.keys())
    outcome.doubled = sorted(event for event, count in stored.items() if count > 1)
    with platform.api() as api:
        outcome.books = api.get("/api/v1/stats").json()
