import pytest

from core.clock import SystemClock
from core.model import Transaction
from core.sagas import Saga, Step
from core.store import retries
from core.store.retries import Count, Slot
from core.store.transactions.repeat import Plan, carry_out
from tasks.sagas import registry


@pytest.fixture(autouse=True)
def _trip():
    registry.add(Saga("trip", [Step("flight", dict, dict)]))


def test_named_transactions_are_listed_and_shown(ask, database):
    carry_out(database, lambda session: None, Plan("import"))
    (listed,) = ask("transaction", "list", "--name", "import", "--state", "committed")
    assert listed["attempts"] == 1
    assert ask("transaction", "show", listed["id"]) == listed
    assert ask("transaction", "list", "--kind", "two_phase") == []


def test_what_is_in_doubt_is_resolved(ask, database):
    with database.transaction() as session:
        now = SystemClock().now()
        about = {"name": "x", "kind": "two_phase", "key": "k", "databases": ["mendline"]}
        session.add(Transaction(**about, state="committing", began_at=now))
    resolved = ask("transaction", "resolve")
    assert resolved == {"committed": 1, "rolled_back": 0, "waiting": 0, "strays": 0}
    assert ask("transaction", "list")[0]["state"] == "committed"


def test_a_saga_from_its_beginning_to_its_end(ask, run):
    begun = ask("saga", "start", "trip", "--arguments", '{"to": "sea"}', "--key", "o-1")
    assert begun["state"] == "running"
    assert [each["id"] for each in ask("saga", "list", "--state", "running")] == [begun["id"]]
    assert ask("saga", "show", begun["id"])["arguments"] == {"to": "sea"}
    assert ask("saga", "cancel", begun["id"])["state"] == "compensated"
    refused = run("saga", "resume", begun["id"])
    assert refused.exit_code == 1
    assert "is compensated, so it cannot be resumed" in refused.output


def test_rates_of_retries(ask, database):
    hour = SystemClock().now()
    with database.transaction() as session:
        retries.add(session, [Count(Slot("timeout", "cart", 2, hour), 4, 1)])
    (listed,) = ask("retry", "list", "--component", "cart")
    assert (listed["tried"], listed["success_share"]) == (4, 0.75)
