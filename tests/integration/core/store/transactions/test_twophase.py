from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from core.errors import Category, report
from core.model import Transaction
from core.store.engine import Database, after_commit, after_rollback
from core.store.transactions import branches
from core.store.transactions.branches import NotPreparedForError
from core.store.transactions.resolver import Resolved, resolve
from core.store.transactions.scope import USUAL
from core.store.transactions.twophase import GivenUpError, TwoPhase, UnknownDatabaseError
from tests.integration.core.crashes import each_kill
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

pytestmark = pytest.mark.store

NAMES = ("here", "there")


class StopError(Exception):
    pass


@pytest.fixture(scope="module")
def stores(databases):
    """Two databases, each with a table of what arrived; the first has the log."""
    with databases.lent() as here, databases.lent() as there:
        found = {name: Database(url) for name, url in zip(NAMES, (here, there), strict=True)}
        for store in found.values():
            with store.transaction() as session:
                session.execute(text("CREATE TABLE arrived (id int PRIMARY KEY)"))
        yield found
        for store in found.values():
            store.dispose()


class World:
    def __init__(self, stores, clock):
        self.stores = stores
        self.here = stores["here"]
        self.clock = clock
        self.twophase = TwoPhase(self.here, stores, clock)

    def write(self, number):
        def body(sessions):
            for session in sessions.values():
                session.execute(text("INSERT INTO arrived VALUES (:n)"), {"n": number})
            return number

        return body

    def run(self, body, **options):
        return self.twophase.run("write", body, databases=NAMES, **options)

    def resolve(self):
        return resolve(self.here, lambda: self.stores, self.clock.now())

    def arrived(self):
        found = []
        for store in self.stores.values():
            with store.transaction() as session:
                rows = session.execute(text("SELECT id FROM arrived ORDER BY id"))
                found.append(rows.scalars().all())
        return found

    def prepared(self):
        return [name for store in self.stores.values() for name in branches.prepared(store)]

    def last(self):
        with self.here.transaction() as session:
            statement = select(Transaction).order_by(Transaction.id.desc()).limit(1)
            return session.scalars(statement).one()

    def say(self, statement):
        with self.here.transaction() as session:
            session.execute(text(statement))


@pytest.fixture
def world(stores, clock):
    yield World(stores, clock)
    for store in stores.values():
        for name in branches.prepared(store):
            branches.settle(store, name, commit=False)
        with store.transaction() as session:
            session.execute(text("TRUNCATE arrived, transactions"))


def test_both_databases_get_it(world):
    settled = world.run(world.write(1))
    assert (settled.value, settled.pending) == (1, ())
    assert world.arrived() == [[1], [1]]
    assert world.prepared() == []
    row = world.last()
    assert (row.id, row.name, row.kind, row.state) == (
        settled.id,
        "write",
        "two_phase",
        "committed",
    )
    assert row.databases == list(NAMES)
    assert row.ended_at is not None
    assert row.seconds is not None


def test_what_raises_leaves_nothing_anywhere(world):
    def body(sessions):
        world.write(1)(sessions)
        raise StopError

    with pytest.raises(StopError):
        world.run(body)
    assert world.arrived() == [[], []]
    assert world.prepared() == []
    assert (world.last().state, world.last().error) == ("rolled_back", "StopError")


def test_what_one_database_refuses_does_not_get_into_the_other(world):
    with world.stores["there"].transaction() as session:
        session.execute(text("INSERT INTO arrived VALUES (1)"))
    with pytest.raises(Exception, match="duplicate key"):
        world.run(world.write(1))
    assert world.arrived() == [[], [1]]
    assert world.last().state == "rolled_back"


def test_hooks_of_all_sessions_hear_the_end(world):
    told = []

    def body(sessions):
        for name, session in sessions.items():
            after_commit(session, lambda name=name: told.append(f"{name} committed"))
            after_rollback(session, lambda name=name: told.append(f"{name} rolled back"))

    world.run(body)
    assert told == ["here committed", "there committed"]


def test_the_work_cannot_commit_by_itself(world):
    def body(sessions):
        world.write(1)(sessions)
        sessions["here"].commit()
        raise StopError

    with pytest.raises(StopError):
        world.run(body)
    assert world.arrived() == [[], []]


def test_what_takes_longer_than_it_may_is_given_up(world):
    def body(sessions):
        world.write(1)(sessions)
        assert world.resolve().rolled_back == 1

    with pytest.raises(GivenUpError) as raised:
        world.run(body, patience=0)
    assert report(raised.value).category is Category.CONCURRENCY
    assert world.arrived() == [[], []]
    assert world.prepared() == []


class Timed:
    """A log after whose commit of this number the time of the task is over."""

    def __init__(self, log, commits):
        self.log = log
        self.left = commits

    @property
    def engine(self):
        return self.log.engine

    @contextmanager
    def transaction(self, mode=USUAL):
        with self.log.transaction(mode) as session:
            yield session
        self.left -= 1
        if self.left == 0:
            raise StopError


@pytest.mark.parametrize(("commits", "arrived"), [(1, []), (2, [1]), (3, [1])])
def test_what_is_decided_is_done_though_its_time_is_over(world, commits, arrived):
    world.twophase.log = Timed(world.here, commits)
    with pytest.raises(StopError):
        world.run(world.write(1), patience=0)
    world.resolve()
    assert world.arrived() == [arrived, arrived]
    assert world.prepared() == []
    assert world.last().state == ("committed" if arrived else "rolled_back")


def test_a_database_that_is_not_declared_is_refused_by_name(world):
    with pytest.raises(
        UnknownDatabaseError, match=r"elsewhere is not declared; known: here, there"
    ):
        world.twophase.run("write", world.write(1), databases=["here", "elsewhere"])


def test_a_server_that_prepares_nothing_is_named_before_the_work(world, tmp_path_factory):
    server = EmbeddedPostgres(tmp_path_factory.mktemp("pg"), durable=False)
    server.create()
    (server.home.folder / "custom.conf").write_text("max_prepared_transactions = 0")
    with running(server) as url:
        there = Database(url)
        twophase = TwoPhase(world.here, {"here": world.here, "there": there}, world.clock)
        with pytest.raises(NotPreparedForError, match=r"there has max_prepared_transactions = 0"):
            twophase.run("write", world.write(1), databases=NAMES)
        there.dispose()


def test_what_is_prepared_survives_until_it_is_told(world):
    world.say(
        "INSERT INTO transactions (name, kind, state, key, databases, began_at)"
        """ VALUES ('write', 'two_phase', 'committing', 'k1', '["here", "there"]', 'epoch')"""
    )
    for name, store in world.stores.items():
        part = branches.Branch(store, database=name, key="k1")
        world.write(7)({name: part.session})
        part.prepare()
        part.close()
    assert world.arrived() == [[], []]
    assert world.resolve() == Resolved(committed=1)
    assert world.arrived() == [[7], [7]]
    assert world.resolve() == Resolved()


def test_a_part_that_comes_late_is_rolled_back_as_the_others_were(world):
    world.say(
        "INSERT INTO transactions (name, kind, state, key, databases, began_at)"
        """ VALUES ('write', 'two_phase', 'rolled_back', 'k2', '["there"]', 'epoch')"""
    )
    part = branches.Branch(world.stores["there"], database="there", key="k2")
    part.prepare()
    part.close()
    assert world.resolve() == Resolved(strays=1)
    assert world.prepared() == []


def test_without_such_transactions_no_database_is_asked(world):
    assert resolve(world.here, dict, world.clock.now()) == Resolved()
    assert resolve(world.here, lambda: pytest.fail("asked"), world.clock.now()) == Resolved()


def test_what_another_platform_has_prepared_is_left_alone(world):
    world.run(world.write(1))
    part = branches.Branch(world.stores["there"], database="there", key="strange")
    part.prepare()
    part.close()
    assert world.resolve() == Resolved()
    assert world.prepared() == ["mendline:strange:there"]


def test_a_database_that_is_away_keeps_it_waiting(world):
    world.say(
        "INSERT INTO transactions (name, kind, state, key, databases, began_at)"
        """ VALUES ('write', 'two_phase', 'committing', 'k3', '["here", "gone"]', 'epoch')"""
    )
    assert world.resolve() == Resolved(waiting=1)
    away = Database("postgresql://nobody@127.0.0.1:1/gone")
    found = resolve(world.here, lambda: world.stores | {"gone": away}, world.clock.now())
    assert found == Resolved(waiting=1)
    assert world.last().state == "committing"


def test_killed_at_any_step_it_is_in_both_databases_or_in_none(world):
    urls = {name: store.url for name, store in world.stores.items()}

    def act(fuse):
        stores = {name: Database(url) for name, url in urls.items()}
        fuse.into(*stores.values())
        mine = World(stores, world.clock)
        mine.run(mine.write(1), patience=0)

    ends = []
    for step in each_kill(act):
        world.resolve()
        here, there = world.arrived()
        assert here == there, f"killed at step {step}"
        assert world.prepared() == []
        assert world.resolve() == Resolved()
        ends.append(len(here))
        for store in world.stores.values():
            with store.transaction() as session:
                session.execute(text("DELETE FROM arrived"))
    assert ends == sorted(ends), "after the decision nothing is rolled back any more"
    assert ends.count(0) >= 10
    assert ends.count(1) >= 5


def test_killed_at_any_step_the_resolver_begins_anew(world):
    urls = {name: store.url for name, store in world.stores.items()}

    def leave_in_doubt():
        world.say("TRUNCATE transactions")
        world.say(
            "INSERT INTO transactions (name, kind, state, key, databases, began_at)"
            """ VALUES ('write', 'two_phase', 'committing', 'k4', '["here", "there"]', 'epoch')"""
        )
        for name, store in world.stores.items():
            with store.transaction() as session:
                session.execute(text("DELETE FROM arrived"))
            part = branches.Branch(store, database=name, key="k4")
            world.write(1)({name: part.session})
            part.prepare()
            part.close()

    def act(fuse):
        stores = {name: Database(url) for name, url in urls.items()}
        fuse.into(*stores.values())
        World(stores, world.clock).resolve()

    leave_in_doubt()
    for step in each_kill(act):
        world.resolve()
        assert world.arrived() == [[1], [1]], f"killed at step {step}"
        assert world.prepared() == []
        assert world.last().state == "committed"
        leave_in_doubt()
