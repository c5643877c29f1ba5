from datetime import timedelta

import pytest

from core.store import signals
from core.store.signals import NewSignal, SignalKind
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store


def new(kind=SignalKind.NEW_ISSUE, issue_id=5, **detail):
    return NewSignal(7, issue_id, kind, NOW, detail)


THREE = [new(), new(SignalKind.REGRESSION, was="resolved"), new(issue_id=6)]


@pytest.fixture
def three(session):
    signals.add(session, THREE)


def test_no_signals_are_no_statement(session):
    signals.add(session, [])
    assert signals.claim(session, list(SignalKind), limit=5) == []


def test_the_oldest_of_a_kind_are_claimed_first(session, three):
    claimed = signals.claim(session, [SignalKind.NEW_ISSUE], limit=1)
    assert [signal.issue_id for signal in claimed] == [5]
    [regression] = signals.claim(session, [SignalKind.REGRESSION], limit=5)
    assert regression.detail == {"was": "resolved"}


def test_two_never_look_at_the_same_signal(database):
    with database.transaction() as session:
        signals.add(session, THREE)
    with database.transaction() as one, database.transaction() as other:
        first = signals.claim(one, list(SignalKind), limit=2)
        second = signals.claim(other, list(SignalKind), limit=2)
        assert len(first) == 2
        assert len({signal.id for signal in (*first, *second)}) == 3


def test_what_is_finished_is_not_claimed_again(session, three):
    claimed = signals.claim(session, list(SignalKind), limit=2)
    signals.finish(session, [signal.id for signal in claimed], now=NOW + timedelta(seconds=1))
    [left] = signals.claim(session, list(SignalKind), limit=5)
    assert left.issue_id == 6
