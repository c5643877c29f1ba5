import pytest

from core.errors import ForbiddenError
from core.store import retries
from core.store.retries import Count, Slot
from core.store.transactions.repeat import Plan, carry_out


def fail(session):
    raise ForbiddenError("Not yours.")


@pytest.fixture
def logged(database, clock):
    for number in range(3):
        carry_out(database, lambda session: None, Plan(f"good {number}", clock=clock))
        clock.advance(1)
    with pytest.raises(ForbiddenError):
        carry_out(database, fail, Plan("bad", clock=clock))


@pytest.mark.usefixtures("logged")
def test_transactions_are_listed_by_what_became_of_them(reader):
    (bad,) = reader.get("/api/v1/transactions?state=rolled_back").json()
    assert (bad["name"], bad["error_code"], bad["error"]) == ("bad", "ML-AUTH-0002", "Not yours.")
    assert reader.get(f"/api/v1/transactions/{bad['id']}").json() == bad
    newest = reader.get("/api/v1/transactions?kind=local&limit=2")
    onwards = reader.get(newest.links["next"]["url"])
    names = [each["name"] for each in newest.json() + onwards.json()]
    assert names == ["bad", "good 2", "good 1", "good 0"]


def test_an_unknown_transaction_is_not_found(reader):
    assert reader.get("/api/v1/transactions/77").json()["code"] == "ML-REF-0060"
    assert reader.get("/api/v1/transactions?kind=large").status_code == 422


def test_rates_of_retries_are_shown(reader, database, clock):
    def count(category, attempt, tried, failed):
        return Count(Slot(category, "cart", attempt, clock.now()), tried, failed)

    with database.transaction() as session:
        retries.add(session, [count("timeout", 2, 40, 10), count("timeout", 3, 10, 0)])
        retries.add(session, [count("server", 2, 5, 5)])
    found = reader.get("/api/v1/retries").json()
    assert [(row["category"], row["attempt"], row["success_share"]) for row in found] == [
        ("server", 2, 0.0),
        ("timeout", 2, 0.75),
        ("timeout", 3, 1.0),
    ]
    (most,) = reader.get("/api/v1/retries?category=timeout&limit=1").json()
    assert (most["tried"], most["failed"]) == (40, 10)
