import asyncio

from sqlalchemy import text

from core.intake.components import deltas
from core.intake.limits import Limits
from core.intake.service import Listeners
from core.intake.spool import Spool
from core.store import components
from core.store.engine import Database
from tests.integration.core.intake.conftest import NOW, item, until


def test_a_full_inbox_is_noticed_and_an_empty_one_too(running, project, database, look):
    async def scenario(service):
        assert service.pressure.retry_after is None
        await service.accept([item(project) for _ in range(5)])
        assert service.pressure.retry_after == 10
        with database.transaction() as session:
            session.connection().exec_driver_sql("DELETE FROM inbox")
        await until(lambda: service.pressure.retry_after is None)

    running(scenario, limits=Limits(inbox_rows=5))


def test_what_was_there_before_counts(running, project):
    running(lambda service: service.accept([item(project) for _ in range(5)]))

    async def scenario(service):
        await until(lambda: service.pressure.retry_after)

    running(scenario, limits=Limits(inbox_rows=5))


def test_refusals_are_posted_within_moments(running, look):
    async def scenario(service):
        service.tally.rejected("invalid", 7)
        await until(lambda: look.totals().rejected == {"invalid": 1})
        service.tally.skipped("session", 7, 2)

    running(scenario)
    totals = look.totals()
    assert (totals.rejected, totals.skipped, totals.received) == ({"invalid": 1}, 2, 3)


def test_counts_do_not_wait_for_what_takes_long_to_drain(
    running, project, database, look, data_dir
):
    """The row that tells how far the file is drained is locked, so the drain stands still."""
    spool = Spool(data_dir / "spool", limit=10**6)
    spool.append([item(project)])
    spool.close()
    (file,) = spool.waiting()

    async def scenario(service):
        await until(look.waiting_for_locks)
        service.tally.rejected("invalid", project)
        await until(lambda: look.totals().rejected == {"invalid": 1}, 10)
        still = look.waiting_for_locks(), service.spool.waiting()
        session.rollback()
        return still

    holder = Database(database.url, application="holder")
    with holder.transaction() as session:
        session.execute(
            text("INSERT INTO spool_progress VALUES (:file, 0, now())"), {"file": file.stem}
        )
        assert running(scenario) == (True, [file])
    holder.dispose()


def test_what_is_drained_is_told_by_the_transaction(running, project, data_dir):
    spool = Spool(data_dir / "spool", limit=10**8)
    spool.append([item(project, bytes(60_000)) for _ in range(200)])
    spool.close()
    told = []

    async def scenario(service):
        await until(lambda: not service.spool.waiting())

    running(scenario, listeners=Listeners(committed=told.append))
    assert (sum(told), len(told)) == (200, 3)


def test_component_reports_of_many_callers_add_up(running, project, database):
    report = {"outcome": "success", "duration_ms": 5, "memory_bytes": 100}
    found = deltas(project, "billing", [report], received_at=NOW)

    async def scenario(service):
        await asyncio.gather(*(service.report_components(found) for _ in range(50)))

    running(scenario)
    minute = NOW.replace(second=0, microsecond=0)
    with database.transaction() as session:
        (row,) = components.between(session, project, since=minute, until=NOW)
    assert (row.successes, row.duration_count, row.duration_sum) == (50, 50, 250.0)
