import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import UnprocessableError
from core.intake.item import Encoding, Kind
from core.intake.service import Listeners
from tests.integration.core.intake.conftest import item


def test_accepted_means_committed(running, project, look):
    kept = item(project, b"\x00\xff" * 10, hints={"tags": ["nul"]}, kind=Kind.REPORT)

    async def scenario(service):
        await service.accept([kept])
        return look.inbox()

    (row,) = running(scenario)
    assert (row.project_id, row.event_id, row.received_at) == (
        project,
        kept.event_id,
        kept.received_at,
    )
    assert (row.kind, row.encoding, bytes(row.body)) == (Kind.REPORT, Encoding.IDENTITY, kept.body)
    assert row.hints == {"tags": ["nul"]}


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2100, 2, 28, 23, 59, 59, 1, tzinfo=UTC),
    ],
)
def test_times_are_exact(running, project, look, moment):
    running(lambda service: service.accept([item(project, received_at=moment)]))
    assert [row.received_at for row in look.inbox()] == [moment]


def test_no_hints_are_null(running, project, look):
    running(lambda service: service.accept([item(project), item(project, hints={})]))
    assert [row.hints for row in look.inbox()] == [None, {}]


def test_many_at_once_share_commits(running, project, look):
    sizes = []
    wakes = []
    listeners = Listeners(wake=lambda: wakes.append(1), committed=sizes.append)

    async def scenario(service):
        await asyncio.gather(*(service.accept([item(project)]) for _ in range(200)))

    running(scenario, listeners=listeners)
    assert len(look.inbox()) == sum(sizes) == look.accepted() == 200
    assert len(wakes) == len(sizes) < 50


def test_books_are_kept_by_project_and_day(running, project, look, database):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    items = [item(project), item(project), item(99), item(project, received_at=yesterday)]
    running(lambda service: service.accept(items))
    assert look.totals().accepted == look.totals().pending == 4
    assert look.totals().missing == 0


def test_an_item_that_the_database_refuses_costs_no_other(running, project, look):
    good = [item(project) for _ in range(3)]
    # An inbox row cannot hold this text as JSON; intake itself never makes such hints.
    bad = dataclasses.replace(item(project), hints={"tags": ["\x00"]})

    async def scenario(service):
        puts = [service.accept([one]) for one in (*good[:2], bad, good[2])]
        return await asyncio.gather(*puts, return_exceptions=True)

    answers = running(scenario)
    assert set(look.ids()) == {one.event_id for one in good}
    assert isinstance(answers[2], UnprocessableError)


def test_stopping_writes_what_was_taken(running, project, look):
    async def scenario(service):
        waiting = asyncio.create_task(service.accept([item(project)]))
        await asyncio.sleep(0)
        return waiting

    assert running(scenario).exception() is None
    assert len(look.inbox()) == 1


def test_two_processes_keep_one_set_of_books(running, project, look):
    async def scenario(service):
        async def other(_service):
            return None

        await asyncio.gather(*(service.accept([item(project)]) for _ in range(20)))

    for _ in range(2):
        running(scenario)
    assert look.accepted() == 40
