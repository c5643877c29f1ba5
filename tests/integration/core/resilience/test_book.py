import time

import pytest

from core.delays import Fixed
from core.resilience.backoff import RetryPolicy
from core.resilience.book import Exchanging, RetryBook
from core.store import retries
from core.store.engine import Database
from tests.integration.core.rows import NOW

POLICY = RetryPolicy(5, Fixed(10))


@pytest.fixture
def book(database, clock):
    return RetryBook(database, clock)


def rates(database):
    with database.transaction() as session:
        return retries.summed(session, NOW)


def fail_for_good(book, times=50):
    """Clients that try again as they are told, in vain, up to the third attempt."""
    for _ in range(times):
        book.note("timeout", "cart", 1, again=True)
        book.note("timeout", "cart", 2, again=True)
        book.note("timeout", "cart", 3, again=False)


def test_who_is_told_to_try_again_and_stays_away_has_succeeded(book, database):
    for _ in range(4):
        book.note("timeout", "cart", 1, again=True)
    book.note("timeout", "cart", 2, again=False)
    book.exchange()
    assert rates(database) == [("timeout", "cart", 2, 4, 1)]


def test_processes_learn_from_one_another(book, database, clock):
    other = RetryBook(database, clock)
    fail_for_good(book)
    assert other.adapted(POLICY, "timeout", "cart") is POLICY
    book.exchange()
    other.exchange()
    assert other.adapted(POLICY, "timeout", "cart").attempts == 2
    assert other.adapted(POLICY, "server", "cart") is POLICY


def test_what_was_not_written_is_written_later(book, database):
    fail_for_good(book, times=1)
    away = Database("postgresql://nobody@127.0.0.1:1/gone")
    book._database, there = away, book._database
    book.exchange()
    book._database = there
    book.exchange()
    assert rates(database) == [("timeout", "cart", 2, 1, 1), ("timeout", "cart", 3, 1, 1)]


def test_rates_of_yesterday_no_longer_count(book, clock):
    fail_for_good(book)
    book.exchange()
    clock.advance(26 * 3600)
    book.exchange()
    assert book.adapted(POLICY, "timeout", "cart") is POLICY


def test_an_exchange_comes_at_most_once_in_a_while(book, database, clock):
    book.exchange_if_due(every=10)
    fail_for_good(book, times=1)
    book.exchange_if_due(every=10)
    assert rates(database) == []
    clock.advance(10)
    book.exchange_if_due(every=10)
    assert len(rates(database)) == 2


def test_a_flood_of_names_is_bounded(book, database):
    for number in range(6_000):
        book.note("timeout", f"c{number}", 1, again=True)
    book.exchange()
    assert len(rates(database)) == 5_000


def test_a_thread_posts_what_is_left_when_it_ends(book, database):
    exchanging = Exchanging(book, every=60)
    fail_for_good(exchanging, times=1)
    exchanging.close()
    assert len(rates(database)) == 2


def test_a_thread_fetches_what_others_have_learnt(book, database, clock):
    fail_for_good(book)
    book.exchange()
    exchanging = Exchanging(RetryBook(database, clock), every=0.01)
    end = time.monotonic() + 10
    while exchanging.adapted(POLICY, "timeout", "cart") is POLICY:
        assert time.monotonic() < end
        time.sleep(0.01)
    exchanging.close()
