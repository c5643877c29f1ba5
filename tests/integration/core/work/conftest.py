import pytest
from sqlalchemy import text

from core.store.work import WorkOrder, one
from core.work.ledger import Ledger
from core.work.sender import MemorySender


@pytest.fixture
def sender():
    return MemorySender()


@pytest.fixture
def ledger(database, sender, clock):
    return Ledger(database, sender, clock)


@pytest.fixture
def order(database, ledger):
    def add(task="t.do", **options):
        values = {"arguments": {"n": 1}, "queue": "maintenance", **options}
        with database.transaction() as session:
            return ledger.add(session, WorkOrder(task, **values))

    return add


@pytest.fixture
def row(database):
    def read(work_id):
        with database.transaction() as session:
            return one(session, work_id)

    return read


@pytest.fixture
def lose_lease(database):
    """As if the worker had been gone for a while."""

    def expire(work_id):
        with database.transaction() as session:
            session.execute(
                text("UPDATE work_items SET lease_until = 'epoch' WHERE id = :id"),
                {"id": work_id},
            )

    return expire
