import pytest

from core.access.audit import Actor
from core.deadletters import (
    LetterClosedError,
    LetterFilter,
    LetterNotFoundError,
    chosen,
    discard,
    masked,
    page,
)
from core.errors import UnprocessableError
from core.model import WorkItem

OPS = Actor("ops", "192.0.2.1")


@pytest.fixture
def found(database):
    def ids(**wanted):
        with database.transaction() as session:
            return [row[0].id for row in page(session, LetterFilter(**wanted)).rows]

    return ids


def test_captured_twice_is_one_letter(captured, found):
    assert captured("k") == captured("k")
    assert len(found()) == 1


HARD = ["\x00", "\ud800", 2**80, float("nan"), {"\x00": [1, ("a", b"\xff")]}]


@pytest.mark.parametrize("value", HARD, ids=range(len(HARD)))
def test_what_strangers_send_can_be_stored(captured, read, value):
    letter = read(captured(arguments={"args": [value], "kwargs": {}}))
    assert len(letter.arguments["args"]) == 1


def test_letters_are_found_by_what_people_know(captured, found):
    first = captured("a")
    second = captured("b", task="bill.pay", reason="exhausted")
    assert found() == [second, first]
    assert found(tasks=["bill.pay"]) == [second]
    assert found(reasons=["permanent"]) == [first]
    assert found(query="address mail") == [first]
    assert found(states=["discarded"]) == []


def test_chosen_are_oldest_first(captured, database):
    ids = [captured(key) for key in "abc"]
    with database.transaction() as session:
        assert chosen(session, LetterFilter(), limit=2) == ids[:2]


def test_people_do_not_see_secrets_but_a_replay_sends_them(captured, read, replayed, database):
    letter_id = captured()
    assert "hunter2" not in str(masked(read(letter_id)))
    work_id = replayed(letter_id)
    with database.transaction() as session:
        assert session.get(WorkItem, work_id).arguments["password"] == "hunter2"


def test_replay_is_work_that_names_its_letter(captured, read, replayed, database):
    letter_id = captured(message_id="m1")
    work_id = replayed(letter_id)
    letter = read(letter_id)
    assert (letter.state, letter.replayed_as, letter.closed_by) == ("replayed", work_id, "ops")
    with database.transaction() as session:
        work = session.get(WorkItem, work_id)
    assert (work.task, work.queue, work.replay_of) == ("mail.send", "alerts", letter_id)


def test_replay_may_be_edited(captured, replayed, database):
    work_id = replayed(captured(), kwargs={"to": "dev"}, queue="recovery")
    with database.transaction() as session:
        work = session.get(WorkItem, work_id)
    assert (work.arguments, work.queue) == ({"to": "dev"}, "recovery")


def test_letter_is_closed_once(captured, replayed, database, clock):
    letter_id = captured()
    replayed(letter_id)
    with pytest.raises(LetterClosedError):
        replayed(letter_id)
    with database.transaction() as session, pytest.raises(LetterClosedError):
        discard(session, letter_id, actor=OPS, now=clock.now(), close_reason="old")
    with database.transaction() as session:
        assert session.query(WorkItem).count() == 1


def test_discarded_letter_says_why(captured, read, database, clock):
    letter_id = captured()
    with database.transaction() as session:
        discard(session, letter_id, actor=OPS, now=clock.now(), close_reason="a test")
    assert (read(letter_id).state, read(letter_id).close_reason) == ("discarded", "a test")


def test_unknown_letter_is_told(database, replayed):
    with pytest.raises(LetterNotFoundError):
        replayed(4711)


UNSENDABLE = [{"arguments": None}, {"queue": None}, {"arguments": {"args": [1], "kwargs": {}}}]


@pytest.mark.parametrize("options", UNSENDABLE, ids=lambda o: next(iter(o)))
def test_what_cannot_be_sent_stays_open(captured, read, replayed, options):
    letter_id = captured(**options)
    with pytest.raises(UnprocessableError):
        replayed(letter_id)
    assert read(letter_id).state == "open"
