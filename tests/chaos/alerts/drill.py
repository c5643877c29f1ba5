"""One platform, four receivers, components that cross thresholds, and kills in between."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from tests.acceptance.platform import eventually
from tests.chaos import logs
from tests.chaos.alerts import ledger
from tests.chaos.alerts.crossings import Crossings
from tests.chaos.alerts.declarations import RULES, declared
from tests.chaos.alerts.outcome import Hit, Outcome, Seen, judge
from tests.chaos.alerts.receivers import receiving
from tests.chaos.alerts.trouble import Trouble
from tests.chaos.faults import Kill
from tests.chaos.site import site
from tests.chaos.targets import Target

KILLS = (
    Kill(target=Target.CHILD),
    Kill(target=Target.CHILD),
    Kill(target=Target.WORKER),
    Kill(target=Target.WORKER),
    Kill(target=Target.REDIS),
    Kill(target=Target.POSTGRES),
)
SETTLED = 300.0
# The pool for urgent work starts a little after the others.
WARM = 20.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`crossings` at the least, `rate` of them a second, `pause` seconds between two kills."""

    kills: int
    crossings: int
    rate: float
    pause: float
    trouble: float
    slow: float
    seed: int


def run(plan, folder, log):
    """The platform's own log is kept as `log`."""
    outcome = Outcome(plan.seed, plan.trouble)
    trouble = Trouble(plan.trouble, plan.slow, plan.seed)
    with (
        receiving(trouble) as (book, posts, mail),
        site(folder, declared(folder, posts, mail)) as place,
    ):
        eventually(lambda: _rules_known(place.database_url), within=60)
        time.sleep(WARM)
        crossings = Crossings(place.platform, book, rate=plan.rate)
        hits = _course(place, plan, crossings, outcome)
        _settle(place, outcome)
        rows = ledger.read(place.database_url)
        outcome.refused = crossings.refused
        log.write_text(place.platform.log())
        outcome.logged = dict(logs.told(place.platform.log()).events)
        judge(outcome, Seen(crossings.made, list(book.came), rows, hits))
    return outcome


def _rules_known(database_url):
    with psycopg.connect(database_url) as connection:
        asked = "SELECT count(*) FROM alert_rules WHERE name = ANY (%s)"
        return connection.execute(asked, [list(RULES)]).fetchone()[0] == len(RULES)


def _course(place, plan, crossings, outcome):
    chance, hits = random.Random(plan.seed), []
    began = time.monotonic()
    crossings.start()
    try:
        while len(hits) < plan.kills:
            time.sleep(plan.pause * chance.uniform(0.5, 1.5))
            hit = _killed(place, chance)
            hits += [hit] if hit else []
            outcome.missed += not hit
        while len(crossings.made) < plan.crossings:
            time.sleep(0.2)
    finally:
        crossings.stop()
    outcome.seconds = time.monotonic() - began
    return hits


def _killed(place, chance):
    fault, at = chance.choice(KILLS), datetime.now(UTC)
    with fault.inject(place, chance) as said:
        return Hit(str(fault.target), said, at) if said else None


def _settle(place, outcome):
    """Until nothing fires and nothing waits, twice in a row: what is over is told a bit later."""
    began, calm = time.monotonic(), 0
    while calm < 2 and time.monotonic() - began < SETTLED:
        time.sleep(2)
        calm = calm + 1 if ledger.waiting(place.database_url) == 0 else 0
    outcome.settled_in = time.monotonic() - began
