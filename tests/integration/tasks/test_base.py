from core.store.work import WorkOrder, one
from tests.integration.tasks.conftest import wait_until


def order(ledger, database, task, **arguments):
    with database.transaction() as session:
        return ledger.add(session, WorkOrder(task, arguments, "maintenance"))


def row(database, work_id):
    with database.transaction() as session:
        return one(session, work_id)


def test_work_is_done_once_and_its_end_is_in_the_row(database, ledger, effects, start_worker):
    start_worker()
    work_id = order(ledger, database, "drill.note", what="a")
    wait_until(lambda: row(database, work_id).state == "done", lambda: row(database, work_id))
    assert effects() == {"a": 1}
    assert row(database, work_id).result == {"noted": "a"}
