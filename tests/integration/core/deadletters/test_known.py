import pytest

from core.deadletters import known
from core.deadletters.signatures import Signature
from core.model import WorkItem
from core.store.work import WorkOrder, one

REPORT = Signature("intake.report", "content", [], open=True)
SEND = Signature("mail.send", "ledgered", [])


@pytest.fixture
def announce(database, clock):
    def tell(*signatures):
        with database.transaction() as session:
            known.announce(session, signatures, clock.now())
            return known.waiting(session)

    return tell


@pytest.fixture
def replay_known(database, means, clock):
    def again():
        with database.transaction() as session:
            run = known.replay_known(session, means=means, now=clock.now())
            return run and [int(each) for each in run.wanted["id"]]

    return again


@pytest.fixture
def unknown(captured):
    def letter(key, task, body):
        return captured(key, reason="unknown_task", task=task, arguments=None, raw=body)

    return letter


def test_content_whose_task_is_known_now_is_sent_again_once(unknown, announce, replay_known):
    letter_id = unknown("a", "intake.report", b'[[], {"error": "x"}, {}]')
    assert replay_known() is None
    assert announce(REPORT)
    assert replay_known() == [letter_id]
    assert replay_known() is None


def test_a_message_that_names_a_row_is_too(unknown, announce, replay_known, database, ledger):
    with database.transaction() as session:
        work_id = ledger.add(session, WorkOrder("mail.send", {}, "alerts"))
    body = b'[[], {"work_id": %d}, {}]' % work_id
    letter_id = unknown("a", "mail.send", body)
    unknown("b", "mail.send", b'[[], {"work_id": 4711}, {}]')
    announce(SEND)
    assert replay_known() == [letter_id]


def test_the_row_itself_is_sent_again(unknown, replayed, read, database, ledger):
    with database.transaction() as session:
        work_id = ledger.add(session, WorkOrder("mail.send", {"a": 1}, "alerts"))
    letter_id = unknown("a", "mail.send", b'[[], {"work_id": %d}, {}]' % work_id)
    assert replayed(letter_id) == work_id
    assert read(letter_id).state == "replayed"
    ledger._sender.messages.clear()
    ledger.dispatch_due()
    assert [message.work_id for message in ledger._sender.messages] == [work_id]


def test_a_row_that_went_on_meanwhile_is_not_disturbed(unknown, replayed, database, ledger):
    with database.transaction() as session:
        work_id = ledger.add(session, WorkOrder("mail.send", {}, "alerts"))
    letter_id = unknown("a", "mail.send", b'[[], {"work_id": %d}, {}]' % work_id)
    ledger.start(work_id, task="mail.send", message_id="m", worker="w")
    replayed(letter_id)
    with database.transaction() as session:
        assert one(session, work_id)["state"] == "running"
        assert session.query(WorkItem).count() == 1


@pytest.mark.parametrize("body", [b'[[], {"a": 1}, {}]', b"{not json", b"[]"], ids=str)
def test_what_nobody_may_send_from_outside_stays(unknown, announce, replay_known, read, body):
    letter_id = unknown("a", "mail.send", body)
    announce(SEND)
    assert replay_known() is None
    assert read(letter_id).state == "open"


def test_only_unknown_tasks_are_sent_by_themselves(captured, announce):
    captured("a", task="mail.send", reason="exhausted")
    assert not announce(SEND)


def test_the_newest_announcement_counts(announce, database, clock):
    announce(SEND)
    clock.advance(60)
    announce(Signature("mail.send", "content", [], open=True), REPORT)
    with database.transaction() as session:
        rows = session.query(known.KnownTask).order_by(known.KnownTask.name).all()
    assert [(row.name, row.delivery) for row in rows] == [
        ("intake.report", "content"),
        ("mail.send", "content"),
    ]
    assert rows[1].announced_at == clock.now()
