"""The drill: a scenario is done to a platform, and then it is counted what is left."""

import random
import time
from contextlib import closing

import httpx2
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from tests.acceptance.platform import eventually
from tests.chaos import logs
from tests.chaos.fault import ImpossibleError
from tests.chaos.load import Load
from tests.chaos.monitor import Monitor
from tests.chaos.orders import Orders
from tests.chaos.outcome import Hit, Outcome
from tests.chaos.site import site

# After this much longer than the scenario allows, the drill stops waiting and reports.
PATIENCE = 60.0
WARM = 2.0


def run(scenario, folder):
    """A site of its own for the scenario; what this machine cannot do is an outcome, too."""
    outcome = Outcome(scenario.name, scenario.about, scenario.seed)
    try:
        with site(folder, scenario.around) as place:
            hit(place, scenario, outcome)
    except ImpossibleError as error:
        outcome.impossible = str(error)
        return outcome
    outcome.broken = scenario.expected.broken(outcome)
    return outcome


def hit(place, scenario, outcome):
    pressure = scenario.pressure
    load = Load(place.platform.dsn, rate=pressure.event_rate)
    orders = Orders(
        place.database_url, rate=pressure.item_rate, total=pressure.items, lease=pressure.lease
    )
    with closing(orders):
        place.orders = orders
        _under_load(place, scenario, outcome, load)
        count(place, load, outcome)


def _under_load(place, scenario, outcome, load):
    orders = place.orders
    started = time.monotonic()
    orders.start()
    load.start()
    try:
        time.sleep(WARM)
        with Monitor(place, load) as monitor:
            _course(place, scenario, outcome, (load, monitor))
            ended = time.monotonic()
            outcome.seconds = ended - started
            _last_items(orders, scenario.pressure)
            eventually_or_not(lambda: monitor.whole, within=scenario.expected.settled)
    finally:
        load.stop()
        orders.stop()
    settle(place, outcome, since=ended, within=scenario.expected.settled + PATIENCE)


def _course(place, scenario, outcome, watchers):
    load, monitor = watchers
    chance = random.Random(scenario.seed)
    for fault, pause in scenario.course(chance):
        time.sleep(pause)
        before, began = load.answered, time.monotonic()
        with fault.inject(place, chance) as said:
            if said is None:
                outcome.missed += 1
                continue
            done = Hit(fault.name, fault.target, said)
            outcome.hits.append(done)
            time.sleep(fault.duration)
        done.accepted = load.answered - before
        done.lasted = time.monotonic() - began
        monitor.wounded(done)
        if len(outcome.hits) == scenario.hits:
            return


def _last_items(orders, pressure):
    """So that all of the items that were asked for are decided, however long the hits took."""
    if pressure.items:
        within = 60 + 2 * pressure.items / pressure.item_rate
        eventually(lambda: orders.complete, within=within, every=0.5)


def eventually_or_not(look, *, within):
    """What does not come true in time is seen in the outcome."""
    deadline = time.monotonic() + within
    while not look() and time.monotonic() < deadline:
        time.sleep(0.2)


def settle(place, outcome, *, since, within):
    """Waits until everything runs again, no event is waiting and no work is under way."""

    def settled():
        if pending(place.platform) != 0 or under_way(place.orders) != 0:
            return False
        outcome.doctor = place.platform.mendline("doctor", "--json").returncode
        return outcome.doctor == 0

    eventually_or_not(settled, within=within)
    outcome.settled_in = time.monotonic() - since


def pending(platform):
    """None while the API is still on its way back."""
    try:
        with platform.api() as api:
            answer = api.get("/api/v1/stats")
    except httpx2.HTTPError:
        return None
    return answer.json()["pending"] if answer.status_code == 200 else None


def under_way(orders):
    try:
        return orders.under_way()
    except SQLAlchemyError:
        return None


def count(place, load, outcome):
    _count_events(place, load, outcome)
    _count_work(place.orders, outcome)
    told = logs.told(place.platform.log())
    outcome.starts, outcome.restarts = dict(told.starts), dict(told.restarts)
    outcome.logged = {name: n for name, n in told.events.most_common() if name}
    outcome.marked_broken = told.events[logs.BROKEN]
    wrong = told.errors + outcome.refused + outcome.unreachable
    outcome.errors_per_minute = wrong / told.minutes if told.minutes else 0.0


def _count_events(place, load, outcome):
    outcome.accepted = len(load.accepted)
    outcome.refused, outcome.unreachable = load.refused, load.unreachable
    outcome.availability, outcome.longest_gap_intake = load.availability, load.longest_gap
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute(
            "SELECT replace(event_id::text, '-', ''), count(*) FROM events"
            " WHERE project_id = %s GROUP BY event_id",
            [load.project],
        ).fetchall()
    stored = dict(rows)
    outcome.lost = sorted(load.accepted - stored.keys())
    outcome.doubled = sorted(event for event, times in stored.items() if times > 1)
    with place.platform.api() as api:
        outcome.books = api.get("/api/v1/stats").json()


def _count_work(orders, outcome):
    outcome.finished = orders.ends()
    outcome.decided = sum(outcome.finished.values())
    outcome.longest_gap_work = orders.longest_gap()
    outcome.lost += orders.lost()
    outcome.doubled += orders.doubled()
