"""The process `fleet` with servers that come and go."""

from sqlalchemy import text

from core.store.work import WorkOrder, add
from tests.integration.tasks.conftest import wait_until


def ordered_by_somebody_else(house, what):
    """As beat does it: the row is written, and publishing is the fleet's."""
    with house.database.transaction() as session:
        order = WorkOrder("drill.note", {"what": what}, "maintenance")
        return add(session, order, house.ledger._clock.now()).work_id


def test_fleet_publishes_what_others_decided(house, start, worker):
    fleet = start("fleet", "workers.controller").says("fleet.started")
    house.reaches(ordered_by_somebody_else(house, "decided"), "done")
    fleet.says('"leads":true')
    fleet.process.terminate()
    assert fleet.process.wait(15) == 0
    with house.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM leaders")) == 0


def test_fleet_survives_the_loss_of_its_connections(house, start, worker):
    fleet = start("fleet", "workers.controller").says("fleet.started")
    house.reaches(ordered_by_somebody_else(house, "before"), "done")
    with house.database.transaction() as session:
        session.execute(
            text("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'mendline-%'
                  AND pid <> pg_backend_pid()""")
        )
    wait_until(lambda: "dispatcher.interrupted" in fleet.log.read_text(), fleet.log.read_text)
    house.reaches(ordered_by_somebody_else(house, "after"), "done")
    assert fleet.process.poll() is None


def test_work_whose_message_got_lost_is_sent_again(house, start, worker):
    start("fleet", "workers.controller").says("fleet.started")
    work_id = ordered_by_somebody_else(house, "lost")
    with house.database.transaction() as session:
        session.execute(
            text("""
                UPDATE work_items
                SET state = 'published', published_at = now() - interval '1 minute'
                WHERE id = :id AND state = 'waiting'"""),
            {"id": work_id},
        )
    house.reaches(work_id, "done")
    assert house.effects("lost") == 1
