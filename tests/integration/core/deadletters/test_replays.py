"""Runs on a real ledger; time is the test's own."""

import threading
from datetime import timedelta

import pytest

from core.access import audit
from core.access.audit import Actor
from core.deadletters import (
    LetterFilter,
    Pace,
    RunEndedError,
    RunNotFoundError,
    advance,
    get,
    preview,
    replays,
)
from core.errors import InvalidInputError, report
from core.model import DeadLetter, WorkItem
from core.store.work import WorkOrder
from core.work import holds

OPS = Actor("ops", "192.0.2.1")
MAIL = LetterFilter(tasks=["mail.send"])


class Fleet:
    """Starts what is due; tasks of the test end as it says, steps of runs are done."""

    def __init__(self, database, ledger, clock, means):
        self.database, self.ledger, self.clock, self.means = database, ledger, clock, means
        self.outcome = "done"
        self.started = []

    def round(self, seconds=0):
        """All that is due after so many seconds."""
        self.clock.advance(seconds)
        sender = self.ledger._sender
        self.ledger.dispatch_due()
        while sender.messages:
            message = sender.messages.popleft()
            begun = self.ledger.start(
                message.work_id, task=message.task, message_id=message.message_id, worker="w"
            )
            if begun is not None:
                self._end(begun)
            self.ledger.dispatch_due()

    def _end(self, begun):
        if begun.task == replays.ADVANCE_TASK:
            with self.database.transaction() as session:
                now = self.clock.now()
                advance(session, **begun.arguments, means=self.means, now=now)
                self.ledger.finish(session, begun)
            return
        self.started.append((begun.arguments["n"], self.clock.now()))
        failure = report(InvalidInputError("again"))
        if self.outcome == "dead":
            self.ledger.give_up(begun, failure, reason="permanent")
        elif self.outcome == "retry":
            self.ledger.retry(begun, failure, delay=3600)
        elif self.outcome == "done":
            with self.database.transaction() as session:
                self.ledger.finish(session, begun)

    def begin(self, wanted=MAIL, **pace):
        with self.database.transaction() as session:
            return replays.start(session, wanted, Pace(**pace), **self._how).id

    def stop(self, run_id):
        with self.database.transaction() as session:
            return replays.stop(session, run_id, **self._how)

    def step(self, run_id, *, crash=False):
        with self.database.transaction() as session:
            advance(session, run_id, 0, means=self.means, now=self.clock.now())
            return 1 / (not crash)

    def run(self, run_id):
        with self.database.transaction() as session:
            return replays.get(session, run_id)

    def hold(self, session, target):
        until = self.clock.now().replace(hour=13)
        holds.hold(session, target, "breaker", until=until, reason="the breaker is open")

    def state_of(self, letter_ids):
        with self.database.transaction() as session:
            return [get(session, letter_id).state for letter_id in letter_ids]

    @property
    def _how(self):
        return {"means": self.means, "actor": OPS, "now": self.clock.now()}


@pytest.fixture
def fleet(database, ledger, clock, means):
    return Fleet(database, ledger, clock, means)


@pytest.fixture
def mail(captured):
    def letters(count, **options):
        return [
            captured(f"k{n}", arguments={"args": [], "kwargs": {"n": n}}, **options)
            for n in range(count)
        ]

    return letters


def test_all_are_sent_in_batches_at_the_rate(mail, fleet, clock):
    mail(5)
    run_id, begun = fleet.begin(rate=2, batch=2), clock.now()
    for _ in range(20):
        fleet.round(0.5)
    found = fleet.run(run_id)
    assert (found.state, found.sent, found.succeeded, found.failed) == ("done", 5, 5, 0)
    assert [n for n, _ in fleet.started] == [0, 1, 2, 3, 4]
    pauses = [(at - begun).total_seconds() for _, at in fleet.started]
    assert all(pause >= n / 2 for n, pause in enumerate(pauses))


def test_the_slowest_run_comes_to_an_end_within_the_calendar(mail, fleet):
    mail(3)
    run_id = fleet.begin(rate=replays.SLOWEST, batch=1_000)
    for _ in range(5):
        fleet.round(86_400)
    assert fleet.run(run_id).state == "done"


def test_a_host_whose_clock_is_ahead_does_not_delay_its_run(mail, fleet, clock, database):
    mail(1)
    with database.transaction() as session:
        ahead = {"means": fleet.means, "actor": OPS, "now": clock.now() + timedelta(hours=1)}
        run_id = replays.start(session, MAIL, Pace(), **ahead).id
    fleet.round()
    assert fleet.run(run_id).sent == 1


def test_letters_of_a_run_name_it_and_are_closed(mail, fleet, read):
    (letter_id,) = mail(1)
    run_id = fleet.begin()
    fleet.round()
    letter = read(letter_id)
    assert (letter.state, letter.closed_by) == ("replayed", f"ops (replay {run_id})")


def test_the_first_batch_is_waited_for(mail, fleet):
    mail(4)
    run_id, fleet.outcome = fleet.begin(rate=100, batch=2), "never"
    for _ in range(9):
        fleet.round(30)
    assert (fleet.run(run_id).state, fleet.run(run_id).sent) == ("running", 2)


def test_a_run_that_fails_again_ends_by_itself(mail, fleet, database):
    ids = mail(6)
    run_id, fleet.outcome = fleet.begin(rate=100, batch=2), "dead"
    for _ in range(5):
        fleet.round(1)
    found = fleet.run(run_id)
    assert (found.state, found.sent, found.failed) == ("failed", 2, 2)
    assert (found.ended_by, found.end_reason) == ("mendline", "2 of 2 failed again")
    assert fleet.state_of(ids[2:]) == ["open"] * 4
    with database.transaction() as session:
        again = [letter.replay_of for letter in replays_of(session)]
    assert again == ids[:2]


def replays_of(session):
    statement = session.query(DeadLetter).filter(DeadLetter.replay_of.is_not(None))
    return statement.order_by(DeadLetter.id).all()


def test_one_that_is_tried_again_counts_as_failing_and_is_taken_back(mail, fleet):
    ids = mail(2)
    run_id, fleet.outcome = fleet.begin(rate=100, batch=2), "retry"
    for _ in range(5):
        fleet.round(1)
    found = fleet.run(run_id)
    assert (found.state, found.recalled) == ("failed", 2)
    assert fleet.state_of(ids) == ["open", "open"]


def test_below_the_share_it_goes_on(mail, fleet):
    mail(4)
    run_id = fleet.begin(rate=100, batch=4, failure_share=0.25)
    fleet.round()
    fleet.outcome = "dead"
    fleet.round(0.01)
    fleet.outcome = "done"
    for _ in range(9):
        fleet.round(1)
    found = fleet.run(run_id)
    assert (found.state, found.succeeded, found.failed) == ("done", 3, 1)


def test_the_stop_button_takes_back_what_has_not_begun(mail, fleet):
    ids = mail(4)
    run_id = fleet.begin(rate=1, batch=3)
    fleet.round()
    assert len(fleet.started) == 1
    fleet.stop(run_id)
    assert fleet.state_of(ids) == ["replayed", "open", "open", "open"]
    for _ in range(9):
        fleet.round(5)
    found = fleet.run(run_id)
    assert (found.state, found.sent, found.succeeded, found.recalled) == ("stopped", 3, 1, 2)
    assert len(fleet.started) == 1


def test_a_run_is_stopped_once(mail, fleet, database):
    mail(1)
    run_id = fleet.begin()
    fleet.stop(run_id)
    with pytest.raises(RunEndedError):
        fleet.stop(run_id)
    with database.transaction() as session:
        acts = audit.of(session, replays.SUBJECT, run_id)
    assert [(act.act, act.actor, act.address) for act in acts] == [
        ("started", "ops", "192.0.2.1"),
        ("stopped", "ops", "192.0.2.1"),
    ]


def test_a_held_target_keeps_the_run_waiting(mail, fleet, database):
    mail(4, target="smtp")
    with database.transaction() as session:
        fleet.hold(session, "smtp")
    run_id = fleet.begin(rate=100, batch=2)
    for _ in range(9):
        fleet.round(60)
    assert (fleet.run(run_id).sent, fleet.started) == (2, [])
    with database.transaction() as session:
        holds.release(session, "smtp", "breaker")
    for _ in range(9):
        fleet.round(60)
    assert (fleet.run(run_id).state, len(fleet.started)) == ("done", 4)


def test_a_step_is_done_once(mail, fleet):
    mail(2)
    run_id = fleet.begin(batch=1)
    for _ in range(2):
        fleet.step(run_id)
    assert (fleet.run(run_id).step, fleet.run(run_id).sent) == (1, 1)


def test_two_runs_never_send_the_same_letter(mail, fleet):
    mail(6)
    first, second = fleet.begin(rate=100, batch=2), fleet.begin(rate=100, batch=2)
    for _ in range(12):
        fleet.round(1)
    assert (fleet.run(first).sent + fleet.run(second).sent, len(fleet.started)) == (6, 6)
    assert fleet.run(first).state == fleet.run(second).state == "done"


def test_two_runs_at_the_same_moment_never_send_the_same_letter(mail, fleet, database):
    mail(30)
    runs = [fleet.begin(batch=30), fleet.begin(batch=30)]
    threads = [threading.Thread(target=fleet.step, args=[run_id]) for run_id in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [fleet.run(run_id).sent for run_id in runs]
    with database.transaction() as session:
        rows = session.query(WorkItem).filter_by(task="mail.send").count()
    assert (sum(sent), rows) == (30, 30)


def test_letters_of_later_do_not_belong_to_it(mail, captured, fleet):
    mail(1)
    run_id = fleet.begin()
    later = captured("later", arguments={"args": [], "kwargs": {"n": 9}})
    for _ in range(5):
        fleet.round(1)
    assert (fleet.run(run_id).state, fleet.run(run_id).matched, fleet.state_of([later])) == (
        "done",
        1,
        ["open"],
    )


def test_what_cannot_be_sent_is_refused_and_holds_up_nothing(mail, captured, fleet):
    captured("odd", arguments={"args": [1], "kwargs": {}})
    mail(1)
    run_id = fleet.begin(batch=1)
    for _ in range(5):
        fleet.round(1)
    found = fleet.run(run_id)
    assert (found.state, found.refused, found.succeeded) == ("done", 1, 1)


def test_nothing_to_send_is_done(fleet):
    found = fleet.run(fleet.begin())
    assert (found.state, found.matched) == ("done", 0)


def test_a_dry_run_changes_nothing(mail, captured, fleet, database, means):
    ids = mail(3, target="smtp")
    odd = captured("odd", arguments={"args": [1], "kwargs": {}})
    with database.transaction() as session:
        fleet.hold(session, "smtp")
        told = preview(session, MAIL, Pace(2, 3), means=fleet.means, now=fleet.clock.now())
    assert (told.letters, told.batches, told.seconds) == (4, 2, 2.0)
    assert (told.tasks, told.held, list(told.refused)) == ({"mail.send": 4}, ["smtp"], [odd])
    assert set(fleet.state_of(ids)) == {"open"}
    with database.transaction() as session:
        assert session.query(WorkItem).count() == 0


def test_unknown_runs_are_told(fleet):
    with pytest.raises(RunNotFoundError):
        fleet.run(4711)


def test_a_run_goes_on_after_a_crash_of_its_step(mail, fleet):
    """The row's fence and the step's number: what rolled back is done again, whole."""
    mail(2)
    run_id = fleet.begin(rate=100, batch=1)
    with pytest.raises(ZeroDivisionError):
        fleet.step(run_id, crash=True)
    for _ in range(6):
        fleet.round(1)
    assert (fleet.run(run_id).state, fleet.run(run_id).sent, len(fleet.started)) == ("done", 2, 2)


def test_a_run_whose_step_was_given_up_goes_on(mail, fleet, ledger, database):
    mail(1)
    run_id = fleet.begin()
    with database.transaction() as session:
        assert ledger.cancel(session, session.query(WorkItem.id).scalar(), reason="lost")
    fleet.round(60)
    assert fleet.run(run_id).sent == 0
    with database.transaction() as session:
        for _ in range(2):
            replays.keep_going(session, means=fleet.means)
    for _ in range(3):
        fleet.round(1)
    assert (fleet.run(run_id).state, len(fleet.started)) == ("done", 1)


def test_work_that_was_there_before_the_run_is_not_taken_back(captured, fleet, ledger, database):
    with database.transaction() as session:
        work_id = ledger.add(session, WorkOrder("mail.send", {"n": 1}, "alerts"))
    named = {"args": [], "kwargs": {"work_id": work_id}}
    letter_id = captured("k", reason="unknown_task", arguments=named)
    ledger._sender.messages.clear()
    run_id = fleet.begin()
    fleet.step(run_id)
    fleet.stop(run_id)
    assert fleet.state_of([letter_id]) == ["replayed"]
    fleet.round(1)
    assert (fleet.run(run_id).recalled, len(fleet.started)) == (0, 1)
