import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.maintenance.logs import days
from core.maintenance.logs.days import LogKeeping
from core.maintenance.logs.line import Shape
from core.maintenance.logs.shipping import Shipper
from core.model import LogLine
from core.store.engine import driver_connection, libpq_url

DAY = 86_400


@pytest.fixture
def write(database_url, clock):
    """Logs so many lines at the clock's time."""
    shipper = Shipper(lambda: libpq_url(database_url), Shape("here"), clock=clock)

    def write(count, *, level="info", size=10):
        for number in range(count):
            values = {"event": "test.told", "level": level, "number": number, "x": "x" * size}
            shipper.put(json.dumps(values).encode())
        shipper.ship()

    yield write
    shipper.close()


def known(database):
    with database.transaction() as session:
        return days.sizes(driver_connection(session))


def lines(database, *conditions):
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(LogLine).where(*conditions))


def test_there_is_a_place_for_today_and_tomorrow(database, clock):
    today = clock.now().date()
    kept = days.keep(database, LogKeeping(), clock.now())
    assert set(kept.made) == {today, today + timedelta(days=1)}
    assert days.keep(database, LogKeeping(), clock.now()).made == ()


def test_days_that_are_too_old_go_as_a_whole(database, clock, write):
    first = clock.now().date()
    write(5)
    clock.advance(3 * DAY)
    write(2)
    kept = days.keep(database, LogKeeping(days=2), clock.now())
    assert first in kept.dropped
    assert min(known(database)) == first + timedelta(days=1)
    assert lines(database) == 2


def test_the_oldest_days_make_room(database, clock, write):
    write(400, size=500)
    clock.advance(2 * DAY)
    write(10)
    budget = known(database)[clock.now().date()] + 100_000
    kept = days.keep(database, LogKeeping(days=30, bytes=budget), clock.now())
    assert len(kept.dropped) >= 1
    assert kept.bytes <= budget
    assert lines(database) == 10


def test_a_flood_of_one_day_is_thinned_and_what_is_grave_stays(database, clock, write):
    write(20, level="error")
    write(4_000, size=400)
    write(1, level="warning")
    budget = known(database)[clock.now().date()] // 2
    kept = days.keep(database, LogKeeping(bytes=budget), clock.now())
    assert kept.lines_dropped > 2_000
    assert kept.bytes <= budget
    assert lines(database, LogLine.level >= 30) == 21
    write(1)
    assert lines(database, LogLine.level < 30) == 4_021 - kept.lines_dropped - 20


@pytest.mark.parametrize(("size", "gone"), [(10, []), (9, [1]), (3, [1, 2])])
def test_today_stays_whatever_its_size(clock, size, gone):
    today = clock.now().date()
    sizes = {today - timedelta(days=3 - day): 4 if day < 3 else 2 for day in (1, 2, 3)}
    found = days.surplus(sizes, LogKeeping(days=5, bytes=size), today)
    assert found == [today - timedelta(days=3 - day) for day in gone]
