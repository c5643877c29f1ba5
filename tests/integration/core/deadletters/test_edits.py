from datetime import timedelta

import pytest

from core.access import audit
from core.access.audit import Actor
from core.deadletters import Edit, LetterClosedError, edit, known, replay, versions
from core.deadletters.edits import SUBJECT
from core.deadletters.signatures import ArgumentsError, Parameter, Signature
from core.errors import UnprocessableError
from core.model import WorkItem

OPS = Actor("ops", "192.0.2.1")
SEND = Signature("mail.send", "ledgered", [Parameter("to", kind="str")])


@pytest.fixture
def edited(database, clock):
    def change(letter_id, **changes):
        with database.transaction() as session:
            return edit(session, letter_id, Edit(**changes), actor=OPS, now=clock.now()).version

    return change


@pytest.fixture
def announced(database, clock):
    with database.transaction() as session:
        known.announce(session, [SEND], clock.now())


def work(database, work_id):
    with database.transaction() as session:
        return session.get_one(WorkItem, work_id)


def test_the_original_stays_and_each_version_tells_who_and_when(captured, edited, read, database):
    letter_id = captured()
    assert [edited(letter_id, kwargs={"to": "a"}), edited(letter_id, queue="recovery")] == [1, 2]
    assert read(letter_id).arguments["kwargs"]["to"] == "ops"
    with database.transaction() as session:
        first, second = versions(session, letter_id)
        acts = audit.of(session, SUBJECT, letter_id)
    assert second.arguments == first.arguments == {"args": [], "kwargs": {"to": "a"}}
    assert (second.queue, second.author) == ("recovery", "ops")
    assert [(act.act, act.address, act.detail) for act in acts] == [
        ("edited", "192.0.2.1", {"version": 1}),
        ("edited", "192.0.2.1", {"version": 2}),
    ]


def test_the_newest_version_is_sent(captured, edited, replayed, database):
    letter_id = captured()
    edited(letter_id, kwargs={"to": "a"}, queue="recovery")
    edited(letter_id, kwargs={"to": "b"})
    made = work(database, replayed(letter_id))
    assert (made.arguments, made.queue) == ({"to": "b"}, "recovery")


def test_a_host_whose_clock_is_ahead_delays_no_replay(captured, means, clock, database):
    letter_id, ahead = captured(), clock.now() + timedelta(hours=1)
    with database.transaction() as session:
        work_id = replay(session, letter_id, means=means, actor=OPS, now=ahead)
    assert work(database, work_id).due_at == clock.now()


def test_a_change_of_the_replay_itself_is_a_version(captured, replayed, database):
    letter_id = captured()
    made = work(database, replayed(letter_id, kwargs={"to": "dev"}, queue="recovery"))
    assert (made.arguments, made.queue) == ({"to": "dev"}, "recovery")
    with database.transaction() as session:
        assert [each.version for each in versions(session, letter_id)] == [1]


def test_arguments_that_do_not_fit_are_refused(captured, edited, replayed, read, announced):
    letter_id = captured(arguments={"args": [], "kwargs": {"to": "ops"}})
    with pytest.raises(ArgumentsError, match="`to` is not of the type str"):
        edited(letter_id, kwargs={"to": 3})
    with pytest.raises(ArgumentsError, match="`cc` is not a parameter"):
        replayed(letter_id, kwargs={"to": "a", "cc": "b"})
    assert read(letter_id).state == "open"
    assert edited(letter_id, kwargs={"to": "dev"}) == 1


def test_work_is_not_sent_where_nobody_serves(captured, edited, replayed, read):
    """A row that no message can be made of would hold up all that goes with it."""
    letter_id = captured()
    with pytest.raises(UnprocessableError, match="no queue 'nowhere'; there are alerts, recovery"):
        replayed(letter_id, queue="nowhere")
    assert read(letter_id).state == "open"
    edited(letter_id, queue="alert")
    with pytest.raises(UnprocessableError, match="no queue 'alert'"):
        replayed(letter_id)


def test_tasks_of_others_are_not_measured_by_ours(captured, edited, announced):
    letter_id = captured(reason="reported", broker="shop")
    assert edited(letter_id, args=[1], kwargs={"what": 3}) == 1


def test_closed_letters_are_not_changed(captured, edited, replayed):
    letter_id = captured()
    replayed(letter_id)
    with pytest.raises(LetterClosedError):
        edited(letter_id, kwargs={})


def test_unknown_arguments_have_to_be_given(captured, edited, replayed, database):
    letter_id = captured(arguments=None, raw=b"{not json", reason="undecodable")
    with pytest.raises(UnprocessableError):
        edited(letter_id, queue="alerts")
    edited(letter_id, kwargs={"to": "a"})
    assert work(database, replayed(letter_id)).arguments == {"to": "a"}
