import pytest
from sqlalchemy import select

from core.errors import ForbiddenError, InvalidInputError
from core.intake import reader
from core.intake.limits import Limits
from core.intake.report import accept_report
from core.model import InboxRow
from core.store import projects
from tests.integration.core.intake.conftest import NOW


@pytest.fixture
def shop(database):
    with database.transaction() as session:
        made, key = projects.create(session, "shop", now=NOW)
        return made.id, key.public_key


@pytest.fixture
def take(database, shop):
    def taken(report=None, *, message_id="m1", wake=None, **fields):
        with database.transaction() as session:
            return accept_report(
                session,
                {"error": "boom", "dsn_key": shop[1]} | fields if report is None else report,
                message_id=message_id,
                received_at=NOW,
                limits=Limits(event=5_000),
                wake=wake,
            )

    return taken


def rows(database):
    with database.transaction() as session:
        return session.scalars(select(InboxRow)).all()


def test_a_message_is_an_event_in_the_inbox(take, shop, database, look):
    accepted = take(component="billing")
    (row,) = rows(database)
    assert (row.project_id, row.event_id.hex) == (accepted.project_id, accepted.event_id)
    assert accepted.project_id == shop[0]
    event, tags = reader.read(row)
    assert (event["logentry"]["formatted"], event["tags"]) == ("boom", {"component": "billing"})
    assert tags == ()
    assert shop[1].encode() not in bytes(row.body)
    assert look.totals().missing == 0


def test_a_second_delivery_has_the_same_id(take):
    assert take(message_id="a").event_id == take(message_id="a").event_id
    assert take(message_id="a").event_id != take(message_id="b").event_id


def test_an_id_that_was_given_wins(take):
    assert take(event_id="9ec79c33ec9942ab8353589fcb2e04dc").event_id.startswith("9ec79c33")


def test_workers_are_woken_after_the_commit(take, database):
    seen = []
    take(wake=lambda: seen.append(len(rows(database))))
    assert seen == [1]


@pytest.mark.parametrize("key", [None, "", "odd", "0" * 32, 5])
def test_an_unknown_key_is_refused(take, database, key):
    with pytest.raises(ForbiddenError):
        take({"error": "boom", "dsn_key": key})
    assert rows(database) == []


@pytest.mark.parametrize("fields", [{"error": None}, {"error": 5}, {"context": {"a": "x" * 6_000}}])
def test_what_cannot_be_taken_is_refused(take, database, fields):
    with pytest.raises(InvalidInputError):
        take(**fields)
    assert rows(database) == []


def test_odd_values_are_made_storable(take, database):
    take(context={"a": "\ud800\x00", "b": 2**70})
    event, tags = reader.read(rows(database)[0])
    assert event["extra"] == {"a": "\ufffd", "b": str(2**70)}
    assert set(tags) == {"nul", "surrogate", "bigint"}
