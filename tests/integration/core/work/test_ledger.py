from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from core.context import bound
from core.deadletters import LetterFilter, get, page
from core.errors import DependencyError, InvalidInputError, report
from core.store.work import WorkOrder
from core.work.attempt import LeaseLostError, UnknownWorkError
from core.work.states import State


class ChangedMindError(Exception):
    pass


def start(ledger, work_id, worker="w1"):
    return ledger.start(work_id, task="t.do", message_id="m", worker=worker)


def test_due_work_leaves_after_the_commit(database, ledger, sender):
    with database.transaction() as session:
        work_id = ledger.add(session, WorkOrder("t.do", {}, "alerts", priority=2))
        assert not sender.messages
    (message,) = sender.messages
    assert (message.work_id, message.queue, message.priority) == (work_id, "alerts", 2)


def test_rolled_back_decision_sends_nothing(database, ledger, sender):
    with suppress(ChangedMindError), database.transaction() as session:
        ledger.add(session, WorkOrder("t.do", {}, "alerts"))
        raise ChangedMindError
    assert not sender.messages


def test_message_carries_the_context_of_the_decision(order, sender):
    with bound(request_id="r1"):
        order()
    assert sender.messages[0].context == {"request_id": "r1"}


def test_later_work_stays_a_row_until_it_is_due(order, row, ledger, sender, clock):
    work_id = order(due_at=clock.now() + timedelta(hours=1))
    assert ledger.dispatch_due() == 0
    clock.advance(3600)
    assert ledger.dispatch_due() == 1
    assert row(work_id).state == State.PUBLISHED


def test_started_once_however_many_messages_come(order, ledger):
    work_id = order()
    assert start(ledger, work_id).attempt == 1
    assert start(ledger, work_id) is None


def test_who_asks_again_gets_what_it_began_and_nothing_else(order, ledger, clock):
    work_id, moment = order(), ledger.later(0)
    ask = partial(ledger.start, work_id, task="t.do", message_id="m", at=moment)
    begun = ask(worker="w1")
    assert ask(worker="w1", again=True) == begun
    assert ask(worker="w1") is None
    assert ask(worker="w2", again=True) is None
    assert ask(worker="w1", again=True, at=moment + timedelta(microseconds=1)) is None


def test_work_that_was_never_made_is_told_apart(ledger):
    with pytest.raises(UnknownWorkError):
        start(ledger, 4711)


def test_message_of_another_task_does_not_start_the_row(order, row, ledger):
    work_id = order()
    with pytest.raises(UnknownWorkError):
        ledger.start(work_id, task="t.other", message_id="m", worker="w1")
    assert row(work_id).state == State.PUBLISHED


def test_finished_work_keeps_its_result(database, order, row, ledger):
    started = start(ledger, order())
    with database.transaction() as session:
        ledger.finish(session, started, {"sent": 3})
    done = row(started.work_id)
    assert (done.state, done.result, done.lease_until) == (State.DONE, {"sent": 3}, None)


def test_what_has_no_effects_here_ends_alone_and_by_the_same_rule(order, row, ledger, lose_lease):
    first, second = start(ledger, order()), start(ledger, order())
    ledger.finish_alone(first, {"sent": 3})
    done = row(first.work_id)
    assert (done.state, done.result, done.lease_until) == (State.DONE, {"sent": 3}, None)
    lose_lease(second.work_id)
    ledger.reconcile(settle=0)
    with pytest.raises(LeaseLostError):
        ledger.finish_alone(second)
    assert row(second.work_id).state == State.WAITING


def test_effects_of_an_attempt_that_lost_its_lease_do_not_count(
    database, order, row, ledger, lose_lease
):
    started = start(ledger, order())
    lose_lease(started.work_id)
    ledger.reconcile(settle=0)
    with pytest.raises(LeaseLostError), database.transaction() as session:
        ledger.finish(session, started)
    assert row(started.work_id).state == State.WAITING


def test_work_that_is_put_off_costs_no_attempt(order, row, ledger, clock):
    work_id = order()
    assert ledger.postpone(start(ledger, work_id), report(DependencyError("open")), delay=5)
    assert (row(work_id).state, row(work_id).attempt) == (State.WAITING, 0)
    clock.advance(5)
    ledger.dispatch_due()
    assert start(ledger, work_id).attempt == 1


def test_retry_waits_and_keeps_its_history(order, row, ledger, clock):
    started = start(ledger, order())
    assert ledger.retry(started, report(DependencyError("away")), delay=5)
    waiting = row(started.work_id)
    assert waiting.due_at == clock.now() + timedelta(seconds=5)
    (entry,) = waiting.history
    assert (entry["event"], entry["code"], entry["message"]) == ("failed", "ML-DEP-0001", "away")


def test_history_is_bounded_and_keeps_the_newest(order, row, ledger, clock):
    work_id = order(max_attempts=99)
    for n in range(25):
        ledger.retry(start(ledger, work_id), report(DependencyError(str(n))), delay=0)
        ledger.dispatch_due()
    messages = [entry["message"] for entry in row(work_id).history]
    assert messages == [str(n) for n in range(5, 25)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a \x00", "a \ufffd"),
        (r"\u0000 cannot be converted to text", r"\u0000 cannot be converted to text"),
        ("half of a pair: \ud83d", "half of a pair: ?"),
    ],
)
def test_whatever_a_failure_says_the_attempt_ends(order, row, ledger, said, kept):
    work_id = order()
    assert ledger.retry(start(ledger, work_id), report(ValueError(said)), delay=0)
    ledger.dispatch_due()
    assert ledger.give_up(start(ledger, work_id), report(ValueError(said)), reason="permanent")
    assert [entry["message"] for entry in row(work_id).history] == [kept, kept]


def test_giving_up_leaves_a_dead_letter_with_everything(database, order, row, ledger):
    with bound(project_id="7"):
        started = start(ledger, order(arguments={"to": "ops"}))
    letter_id = ledger.give_up(started, report(InvalidInputError("no")), reason="permanent")
    assert row(started.work_id).state == State.DEAD
    with database.transaction() as session:
        letter = get(session, letter_id)
    assert (letter.reason, letter.project_id, letter.attempts) == ("permanent", 7, 1)
    assert letter.arguments["kwargs"] == {"to": "ops"}
    assert letter.history[0]["message"] == "no"


def test_an_attempt_that_lost_its_lease_cannot_give_up(database, order, ledger, lose_lease):
    started = start(ledger, order())
    lose_lease(started.work_id)
    ledger.reconcile(settle=0)
    assert ledger.give_up(started, report(InvalidInputError()), reason="permanent") is None
    with database.transaction() as session:
        assert not page(session, LetterFilter()).rows


def test_unique_work_lives_once(order, ledger, database):
    first = order(unique_key="k")
    assert order(unique_key="k") == first
    started = start(ledger, first)
    assert order(unique_key="k") == first
    with database.transaction() as session:
        ledger.finish(session, started)
    assert order(unique_key="k") != first


def test_cancelled_work_is_not_started(database, order, row, ledger):
    work_id = order()
    with database.transaction() as session:
        assert ledger.cancel(session, work_id, reason="no longer wanted")
    assert start(ledger, work_id) is None
    assert row(work_id).history[0]["reason"] == "no longer wanted"


def test_running_work_cannot_be_cancelled(database, order, ledger):
    started = start(ledger, order())
    with database.transaction() as session:
        assert not ledger.cancel(session, started.work_id, reason="too late")


def test_idempotency_key_is_the_same_for_every_attempt(order, ledger):
    first = start(ledger, order())
    ledger.retry(first, report(DependencyError()), delay=0)
    ledger.dispatch_due()
    assert start(ledger, first.work_id).idempotency_key == first.idempotency_key
    assert start(ledger, order(origin="m1")).idempotency_key == "m1"


def test_waiting_work_can_be_cancelled(database, order, row, ledger, clock):
    work_id = order(due_at=clock.now() + timedelta(hours=1))
    with database.transaction() as session:
        assert ledger.cancel(session, work_id, reason="no longer wanted")
    clock.advance(7200)
    assert ledger.dispatch_due() == 0
