import pytest

from core.deadletters import (
    Capture,
    Edit,
    LetterClosedError,
    LetterFilter,
    LetterNotFoundError,
    capture,
    chosen,
    discard,
    foreign,
    get,
    masked,
    page,
    replay,
)
from core.errors import InvalidInputError, UnprocessableError, report
from core.model import WorkItem
from core.work.ledger import Ledger
from core.work.sender import MemorySender


@pytest.fixture
def captured(database, clock):
    def write(key="k1", **options):
        values = {
            "reason": "permanent",
            "task": "mail.send",
            "queue": "alerts",
            "arguments": {"args": [], "kwargs": {"to": "ops", "password": "hunter2"}},
            "error": report(InvalidInputError("no such address")),
            **options,
        }
        with database.transaction() as session:
            return capture(session, Capture(capture_key=key, **values), clock.now())

    return write


@pytest.fixture
def ledger(database, clock):
    return Ledger(database, MemorySender(), clock)


@pytest.fixture
def read(database):
    def letter(letter_id):
        with database.transaction() as session:
            return get(session, letter_id)

    return letter


@pytest.fixture
def found(database):
    def ids(**wanted):
        with database.transaction() as session:
            return [row[0].id for row in page(session, LetterFilter(**wanted)).rows]

    return ids


@pytest.fixture
def replayed(database, ledger, clock):
    def send(letter_id, **edit):
        with database.transaction() as session:
            return replay(
                session,
                letter_id,
                by="ops",
                now=clock.now(),
                add=ledger.add,
                edit=Edit(**edit),
            )

    return send


def test_captured_twice_is_one_letter(captured, found):
    assert captured("k") == captured("k")
    assert len(found()) == 1


def test_letters_that_failed_alike_share_a_fingerprint(captured, read):
    first, second = read(captured("a")), read(captured("b"))
    other = read(captured("c", task="mail.receive"))
    assert first.fingerprint == second.fingerprint != other.fingerprint


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
        discard(session, letter_id, by="ops", now=clock.now(), reason="old")
    with database.transaction() as session:
        assert session.query(WorkItem).count() == 1


def test_discarded_letter_says_why(captured, read, database, clock):
    letter_id = captured()
    with database.transaction() as session:
        discard(session, letter_id, by="ops", now=clock.now(), reason="a test")
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


def test_letter_of_another_application_goes_to_its_own_broker(captured, replayed, database):
    told = {"task": "shop.bill", "args": [1], "queue": "shop", "broker": "redis://h:1/0"}
    letter = foreign(told, message_id="m9")
    with database.transaction() as session:
        letter_id = capture(session, letter, database_now(session))
    work_id = replayed(letter_id)
    with database.transaction() as session:
        work = session.get(WorkItem, work_id)
    assert work.task == "deadletter.replay"
    assert work.arguments == {"letter_id": letter_id, "args": [1], "kwargs": {}, "queue": "shop"}


def database_now(session):
    return session.connection().exec_driver_sql("SELECT now()").scalar()


WRONG = [{}, {"task": 3}, {"task": "a", "args": {}}, {"task": "a", "broker": "file:///etc"}]


@pytest.mark.parametrize("told", WRONG, ids=str)
def test_report_that_cannot_be_understood_is_refused(told):
    with pytest.raises(UnprocessableError):
        foreign(told, message_id="m")
