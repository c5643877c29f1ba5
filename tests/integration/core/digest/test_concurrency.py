import threading

import psycopg
from sqlalchemy import text

from tests.benchmarks import events
from tests.integration.core.digest.world import World, failure

KINDS = 20


def in_parallel(*jobs):
    """Runs the jobs at once; what one raises is raised here."""
    errors = []

    def guarded(job):
        try:
            job()
        except (psycopg.Error, AssertionError) as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert not errors


def test_workers_that_meet_the_same_ids_and_issues_count_exactly(database, clock):
    world = World(database, clock, size=25)
    for number in range(400):
        # Neighbours are twins, so that both workers hold one of them in most batches.
        world.put(failure(number // 2, where=f"shop.part{number % KINDS}"))
    in_parallel(*(lambda n=n: world.digest(world.digester(writer=n)) for n in range(3)))
    totals = world.totals()
    assert (totals.stored, totals.duplicates, totals.missing) == (200, 200, 0)
    assert world.one("SELECT count(*), sum(event_count)::int FROM issues")[1] == 200
    assert world.one("SELECT count(*) FROM issues") == world.one(
        "SELECT count(*) FROM issue_fingerprints"
    )
    assert world.one("SELECT sum(events)::int FROM issue_minutes") == 200


def test_two_workers_that_find_the_same_new_issue_make_one(world):
    """The second one waits in the middle of its batch until the first has committed."""
    first, second = world.digester(writer=1), world.digester(writer=2)
    world.rules = type(world.rules)(1, world.rules.thinning, world.rules.skew)
    first, second = world.digester(writer=1), world.digester(writer=2)
    world.put(failure(1), failure(2))
    with world.database.transaction() as session:
        # Holds the books, the last thing that a batch writes to.
        session.execute(text("LOCK TABLE book_entries IN EXCLUSIVE MODE"))
        threads = [threading.Thread(target=d.batch) for d in (first, second)]
        for thread in threads:
            thread.start()
        wait_until(world, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 2)
    for thread in threads:
        thread.join(30)
    assert world.one("SELECT count(*), max(event_count) FROM issues") == (1, 2)
    assert world.one("SELECT count(*) FROM signals WHERE kind = 'new_issue'") == 1


def wait_until(world, statement, expected):
    pause = threading.Event()
    for _ in range(600):
        if world.one(statement + " AND datname = current_database()") >= expected:
            return
        pause.wait(0.05)
    raise AssertionError(statement)


def test_a_row_that_somebody_else_holds_is_left_alone(world):
    world.put(failure(1), failure(2))
    with world.database.transaction() as session:
        session.execute(text("SELECT 1 FROM inbox ORDER BY id LIMIT 1 FOR UPDATE"))
        (batch,) = world.digest()
        assert batch.stored == 1
    assert sum(batch.stored for batch in world.digest()) == 1


def test_a_row_that_was_given_up_below_the_mark_is_found_again(world):
    digester = world.digester()
    world.put(failure(1))
    with world.database.transaction() as session:
        session.execute(text("SELECT 1 FROM inbox FOR UPDATE"))
        world.put(failure(2), failure(3))
        assert digester.batch().stored == 2
    assert digester.batch().stored == 1


def test_the_mark_is_forgotten_after_a_while(database, clock):
    world = World(database, clock, size=1)
    digester = world.digester()
    world.put(*(failure(number) for number in range(1, 6)))
    with world.database.transaction() as session:
        session.execute(text("SELECT 1 FROM inbox ORDER BY id LIMIT 1 FOR UPDATE"))
        digester.batch()
        digester.batch()
    clock.advance(31)
    digester.batch()
    assert world.one("SELECT count(*) FROM events WHERE event_id = :id", id=events.event_id(1)) == 1


def test_an_old_snapshot_does_not_hide_or_bring_back_rows(world):
    digester = world.digester()
    world.put(failure(1))
    with world.database.engine.connect() as connection:
        old = connection.execution_options(isolation_level="REPEATABLE READ")
        assert old.scalar(text("SELECT count(*) FROM inbox")) == 1
        for number in range(2, 8):
            world.digest(digester)
            world.put(failure(number))
        world.digest(digester)
        assert old.scalar(text("SELECT count(*) FROM inbox")) == 1
    assert (world.totals().stored, world.totals().pending) == (7, 0)
