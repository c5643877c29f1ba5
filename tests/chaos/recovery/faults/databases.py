"""Faults in and before PostgreSQL."""

import threading
from contextlib import closing
from functools import partial

import psycopg
from psycopg import IsolationLevel
from sqlalchemy import create_engine, text

from tests.chaos.recovery.fault import fault
from tests.chaos.recovery.ground import in_time

MOVE = "UPDATE accounts SET balance = balance + 1 WHERE id = %s"
DATABASE = "database"


@fault("deadlock", family=DATABASE)
def deadlock(ground):
    """Two transfers lock the same accounts in different order; one of them is broken off."""
    met, courses = threading.Barrier(2, timeout=10), []

    def transfer(first, second, tries):
        tries.append(first)
        with ground.shop.connect() as connection:
            connection.execute(MOVE, [first])
            if len(tries) == 1:
                met.wait()
            connection.execute(MOVE, [second])

    def work(first, second):
        tries = []
        act = partial(transfer, first, second, tries)
        courses.append(ground.caller.work("deadlock", "transfer", act))

    threads = [threading.Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (victim,) = [course for course in courses if course.answers]
    yield victim


@fault("serialisation failure", family=DATABASE)
def serialisation_failure(ground):
    disturbed = []

    def count():
        with ground.shop.connect() as connection:
            connection.isolation_level = IsolationLevel.SERIALIZABLE
            connection.execute("SELECT sum(balance) FROM accounts WHERE id IN (3, 4)").fetchone()
            if not disturbed:
                disturbed.append(ground.shop.execute(MOVE, 3))
            connection.execute(MOVE, [3])

    yield ground.caller.work("serialisation-failure", "count", count)


@fault(
    "blocked session",
    family=DATABASE,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/blocked-session" }
hold = 2
[[rule]]
name = "somebody holds a lock"
match.kind = "database.lock"
strategies = ["restart", "escalate"]
[use.restart]
action = "database"
target = "db:shop"
arguments = { database = "shop", seconds = 0 }
""",
)
def blocked_session(ground):
    """Somebody went home in the middle of a transaction; those who wait give up after a while."""

    def move():
        options = "-c lock_timeout=2500ms"
        ground.shop.execute(MOVE, 5, options=options)

    ground.shop.ways["blocked-session"] = move
    with closing(ground.shop.connect()) as holder:
        holder.execute(MOVE, [5])
        yield ground.caller.work("blocked-session", "move", move)
        try:
            holder.execute("SELECT 1")
        except psycopg.OperationalError:
            move()
            return
        raise AssertionError("the session that held the lock still lives")


@fault("sessions terminated", family=DATABASE)
def sessions_terminated(ground):
    ended = []

    def ask():
        with ground.shop.connect(application_name="asking") as connection:
            if not ended:
                ended.append(True)
                ground.shop.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'asking'"
                )
            connection.execute("SELECT count(*) FROM orders")

    yield ground.caller.work("sessions-terminated", "ask", ask)


@fault("too many connections", family=DATABASE)
def too_many_connections(ground):
    """The clerk may have two sessions, and somebody has both of them for some seconds."""
    url = ground.shop.database_url.replace("shop:opens", "clerk:opens")
    with psycopg.connect(ground.servers.admin_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE clerk CONNECTION LIMIT 2")
    held = [psycopg.connect(url) for _ in range(2)]
    release = threading.Timer(3, lambda: [each.close() for each in held])
    release.start()

    def ask():
        with psycopg.connect(url) as connection:
            connection.execute("SELECT 1")

    yield ground.caller.work("too-many-connections", "ask", ask)
    release.join()


@fault("pool exhausted", family=DATABASE)
def pool_exhausted(ground):
    address = ground.shop.database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address, pool_size=1, max_overflow=0, pool_timeout=0.5)
    held = engine.connect()
    release = threading.Timer(2, held.close)
    release.start()

    def ask():
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    yield ground.caller.work("pool-exhausted", "ask", ask)
    release.join()
    engine.dispose()


@fault(
    "database read only",
    family=DATABASE,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/database-read-only" }
hold = 2
[[rule]]
name = "the other one takes writes"
match.kind = "database.read_only"
strategies = ["failover", "escalate"]
[use.failover]
action = "failover"
target = "component:{component}"
arguments = { failover = "shop-database" }
""",
)
def database_read_only(ground):
    """The server has become a replica; where to write says a switch that the shop reads."""
    options = {"primary": "-c default_transaction_read_only=on", "standby": ""}

    def write():
        which = ground.switches.get("shop.database", "primary")
        ground.shop.execute(MOVE, 6, options=options[which])

    ground.shop.ways["database-read-only"] = write
    yield ground.caller.once("database-read-only", "write", write)
    write()


@fault("database restarted", family=DATABASE)
def database_restarted(ground):
    """Killed as by lack of memory; its keeper starts it again."""
    ground.servers.keeper.process().kill()
    in_time(lambda: not _asks(ground), within=5)
    yield ground.caller.work(
        "database-restarted", "ask", lambda: ground.shop.execute("SELECT count(*) FROM orders")
    )


def _asks(ground):
    try:
        return ground.shop.execute("SELECT 1")
    except psycopg.Error:
        return None


@fault(
    "order left half done",
    family=DATABASE,
    policy="""
[verification]
probe = "sql"
arguments = { query = "half-done-orders" }
hold = 2
[[rule]]
name = "paid, so it is settled"
match.operation = "settle"
strategies = ["restart", "escalate"]
[use.restart]
action = "transaction"
target = "db:shop"
arguments = { transaction = "settle" }
""",
)
def order_half_done(ground):
    """The shop lost its connection after the payment and before it could write that down."""

    def settle():
        with ground.shop.connect() as connection:
            connection.execute("INSERT INTO orders VALUES ('half', 'paying', true)")
            connection.commit()
            with connection.cursor() as cursor:
                ground.shop.execute("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
                cursor.execute("UPDATE orders SET state = 'settled' WHERE id = 'half'")

    yield ground.caller.once("order-left-half-done", "settle", settle)
    ((state,),) = ground.shop.execute("SELECT state FROM orders WHERE id = 'half'")
    assert state == "settled"
