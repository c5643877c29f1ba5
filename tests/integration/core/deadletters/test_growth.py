import pytest
from sqlalchemy import text

from core.deadletters.growth import watch
from core.model import Signal
from core.store import projects


@pytest.fixture
def own(database, clock):
    with database.transaction() as session:
        return projects.create(session, "mendline", now=clock.now())[0].id


@pytest.fixture
def watched(database, clock, own):
    def look():
        with database.transaction() as session:
            watch(session, clock.now(), own_project=own)
        with database.transaction() as session:
            return session.query(Signal).order_by(Signal.id).all()

    return look


@pytest.fixture
def many(captured, clock):
    def letters(count, **options):
        for number in range(count):
            captured(f"{clock.now()}-{options}-{number}", **options)

    return letters


def test_many_where_there_were_none_is_a_signal(many, watched, clock, own):
    many(10)
    clock.advance(60)
    (signal,) = watched()
    assert (signal.kind, signal.project_id) == ("deadletters_growing", own)
    assert signal.detail == {
        "task": "mail.send",
        "reason": "permanent",
        "letters": 10,
        "usual": 0.0,
        "limit": 9.0,
        "window_seconds": 3600,
    }


def test_few_are_none(many, watched, clock):
    many(5), many(5, task="bill.pay")
    clock.advance(60)
    assert watched() == []


def test_it_is_told_once_in_hours(many, watched, clock):
    many(10)
    clock.advance(60)
    assert len(watched()) == len(watched()) == 1
    clock.advance(7 * 3600)
    many(30)
    clock.advance(60)
    assert len(watched()) == 2


def test_each_kind_is_told_for_its_project(many, watched, clock, database):
    with database.transaction() as session:
        shop = projects.create(session, "shop", now=clock.now())[0].id
    many(10, project_id=shop), many(10, reason="poison"), many(10, task="bill.pay")
    clock.advance(60)
    assert len(watched()) == 3
    assert {signal.project_id for signal in watched()} >= {shop}


PAST = text("""
    INSERT INTO dead_letters (capture_key, state, reason, task, created_at)
    SELECT 'past-' || hour || '-' || place, 'open', 'permanent', 'mail.send',
        CAST(:now AS timestamptz) - hour * interval '1 hour' - interval '1 minute'
    FROM generate_series(1, 100) AS hour, generate_series(1, 10) AS place
""")


@pytest.fixture
def usual_hours(database, clock):
    with database.transaction() as session:
        session.execute(PAST, {"now": clock.now()})


@pytest.mark.parametrize(("count", "told"), [(10, 0), (40, 1)])
@pytest.mark.usefixtures("usual_hours")
def test_what_is_usual_is_none(many, watched, clock, count, told):
    many(count)
    clock.advance(60)
    assert len(watched()) == told
