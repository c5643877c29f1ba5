"""What gives way to a budget, what stays, and that the room is the disk's again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.maintenance.proof import as_seen_by, contradictions
from core.maintenance.space import budget
from core.maintenance.space.cropping import crop
from core.maintenance.space.plan import Crop, Level
from core.model import Issue, IssueTransition, KeptEvent, Project
from core.store import books, partitions
from core.store.engine import Database
from tests.integration.core.rows import NOW, add_event, add_issue, add_project

pytestmark = pytest.mark.store

DAY = timedelta(days=1)
OLD = NOW - 5 * DAY
MANY = text("""
    WITH made AS (
        INSERT INTO events (event_id, project_id, issue_id, received_at, timestamp, level,
                            category, transient, severity, payload, thinned)
        SELECT gen_random_uuid(), :project, :issue, CAST(:at AS timestamptz) + n * interval '1 s',
               :at, 'error', 'bug', false, 'low',
               CASE WHEN n % 2 = 0 THEN decode(repeat('00', :size), 'hex') END, n % 2 = 1
        FROM generate_series(1, :count) AS n
        RETURNING event_id, project_id, received_at
    ), known AS (INSERT INTO event_ids SELECT * FROM made)
    INSERT INTO book_entries (day, project_id, account, reason, writer, count)
    SELECT CAST(:at AS timestamptz)::date, :project, account, '', :issue, count FROM (VALUES
        ('accepted', :count), ('stored', :count), ('thinned', (:count + 1) / 2))
        AS line (account, count)
""")


class Shop:
    """One project with an issue that floods and one that does not."""

    def __init__(self, database):
        self.database = database
        with database.transaction() as session:
            partitions.ensure(session, (NOW - 9 * DAY).date(), NOW.date())
            self.project = add_project(session)
            self.loud = add_issue(session, self.project, keys=["a"], event_count=0).id
            self.rare = add_issue(session, self.project, keys=["b"], event_count=0).id

    def flood(self, at=OLD, count=400, size=2000, issue=None):
        values = {"project": self.project, "issue": issue or self.loud}
        with self.database.transaction() as session:
            session.execute(MANY, values | {"at": at, "count": count, "size": size})
            session.execute(
                text("UPDATE issues SET event_count = event_count + :n WHERE id = :id"),
                {"n": count, "id": values["issue"]},
            )
            session.execute(COUNTED, values | {"at": at, "count": count})

    def add(self, *rows):
        with self.database.transaction() as session:
            session.add_all(rows)

    def ask(self, statement, **values):
        with self.database.transaction() as session:
            return session.execute(text(statement), values).scalar()

    def left(self, issue):
        return self.ask("SELECT count(*) FROM events WHERE issue_id = :issue", issue=issue)

    def crop(self, level, day=OLD):
        return crop(self.database, Crop(day.date(), {self.project: level}), NOW)

    def keep(self, **budgets):
        return budget.keep(self.database, NOW, **{"each": None, "total": None} | budgets)

    def disputes(self):
        with self.database.transaction() as session:
            return contradictions(as_seen_by(session, since=(NOW - 9 * DAY).date()))


COUNTED = text("""
    INSERT INTO issue_minutes (issue_id, minute, project_id, events)
    VALUES (:issue, date_trunc('minute', CAST(:at AS timestamptz)), :project, :count)
    ON CONFLICT (issue_id, minute, resolution)
    DO UPDATE SET events = issue_minutes.events + excluded.events""")


CLEAR = text(
    "TRUNCATE projects, events, event_ids, book_entries, issue_minutes, event_days CASCADE"
)


@pytest.fixture(scope="module")
def cropped(databases):
    """One database for all: its shape changes, so it is not lent to others."""
    with databases.lent() as url:
        database = Database(url, application="tests")
        yield database
        database.dispose()


@pytest.fixture
def shop(cropped):
    with cropped.transaction() as session:
        session.execute(CLEAR)
    return Shop(cropped)


@pytest.mark.parametrize(
    ("level", "left"), [(Level.NOISE, 102), (Level.REPEATS, 12), (Level.TURNING_POINTS, 2)]
)
def test_each_level_leaves_fewer_repeats(shop, level, left):
    shop.flood()
    shop.flood(count=2, issue=shop.rare)
    done = shop.crop(level)
    assert abs(shop.left(shop.loud) - left) <= 2
    assert shop.left(shop.rare) == 2
    assert done.done
    assert done.freed > 0


def test_turning_points_and_what_people_keep_stay(shop):
    shop.flood()
    shop.add(
        IssueTransition(
            issue_id=shop.loud,
            old="resolved",
            new="regressed",
            reason="r",
            actor="a",
            at=OLD + timedelta(seconds=200.5),
        )
    )
    kept = shop.ask(
        "SELECT event_id FROM events WHERE issue_id = :i OFFSET 50 LIMIT 1", i=shop.loud
    )
    shop.add(KeptEvent(project_id=shop.project, event_id=kept, why="tag", author="a", at=NOW))
    shop.crop(Level.TURNING_POINTS)
    seconds = "SELECT array_agg(extract(epoch FROM received_at - :at)::int) FROM events"
    assert set(shop.ask(seconds, at=OLD)) >= {1, 201, 400}
    assert shop.ask("SELECT count(*) FROM events WHERE event_id = :id", id=kept) == 1
    assert shop.left(shop.loud) == 4


def test_only_what_people_keep_outlives_the_last_level(shop):
    shop.flood()
    kept = shop.ask("SELECT event_id FROM events LIMIT 1")
    shop.add(KeptEvent(project_id=shop.project, event_id=kept, why="tag", author="a", at=NOW))
    shop.crop(Level.KEPT)
    assert shop.ask("SELECT array_agg(event_id) FROM events") == [kept]


def test_the_books_stay_right_and_ids_go_with_their_events(shop):
    shop.flood()
    assert shop.disputes() == []
    shop.crop(Level.REPEATS)
    assert shop.disputes() == []
    assert shop.ask("SELECT count(*) FROM event_ids") == shop.left(shop.loud)


def test_the_day_stands_again_as_it_was_made(shop):
    shop.flood()
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = CAST(:part AS regclass)"
    part = partitions.name(OLD.date())
    before = shop.ask(indexes, part=part)
    shop.crop(Level.REPEATS)
    assert shop.ask(indexes, part=part) == before
    loose = "SELECT count(*) FROM pg_class WHERE relname = :name"
    assert shop.ask(loose, name=f"{part}_left") == 0
    with shop.database.transaction() as session:
        assert OLD.date() in partitions.days(session)
        add_event(session, session.get_one(Issue, shop.loud), OLD)


def test_a_day_that_is_read_is_left_for_the_next_run(shop):
    shop.flood()
    with shop.database.transaction() as reader:
        reader.execute(text("SELECT count(*) FROM events")).scalar_one()
        assert not shop.crop(Level.REPEATS).done
    assert shop.left(shop.loud) == 400
    assert shop.crop(Level.REPEATS).done


def test_a_budget_takes_from_the_oldest_and_the_disk_gets_it_back(shop):
    for ago in (4, 3, 2, 0):
        shop.flood(NOW - ago * DAY, count=2000)
    before = shop.ask(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits "
        "WHERE inhparent = 'events'::regclass"
    )
    told = shop.keep(each=4_000_000)
    assert told.short == {}
    assert told.bytes_used < before - 1_000_000
    counts = [
        shop.ask(
            "SELECT count(*) FROM events WHERE received_at::date = :day",
            day=(NOW - ago * DAY).date(),
        )
        for ago in (4, 3, 2, 0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < 200
    assert counts[-1] == 2000
    assert shop.disputes() == []


def test_a_second_run_has_nothing_to_do(shop):
    for ago in (4, 3):
        shop.flood(NOW - ago * DAY, count=1000)
    assert shop.keep(each=1_000_000).crops > 0
    assert shop.keep(each=1_000_000).crops == 0


def test_what_cannot_be_saved_is_told(shop):
    shop.flood(NOW, count=2000)
    assert list(shop.keep(each=1_000_000).short) == [str(shop.project)]


def test_a_project_may_have_its_own_days_and_bytes(shop):
    shop.flood(NOW - 4 * DAY, count=300)
    shop.flood(NOW - 2 * DAY, count=300)
    with shop.database.transaction() as session:
        session.get_one(Project, shop.project).settings = {"retention_days": 3}
    shop.keep()
    assert shop.left(shop.loud) == 300


def test_totals_of_the_books_know_nothing_of_cropping(shop):
    shop.flood()
    shop.crop(Level.KEPT)
    with shop.database.transaction() as session:
        totals = books.totals(session)
    assert (totals.accepted, totals.stored, totals.missing) == (400, 400, 0)


def test_a_day_that_was_dropped_takes_no_room(shop):
    shop.flood(at=OLD - 2 * DAY)
    shop.flood()
    shop.keep()
    partitions.drop_before(shop.database, (OLD - DAY).date())
    kept = shop.keep(total=600_000)
    assert (kept.crops, kept.short) == (0, {})
    assert shop.left(shop.loud) == 400
    assert shop.keep(total=300_000).events > 0
