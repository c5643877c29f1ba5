import pytest

from core.deadletters import foreign, take_in
from core.errors import UnprocessableError
from core.model import WorkItem
from core.store import projects

BROKERS = {"shop": "redis://:secret@h:1/0"}
TOLD = {"task": "shop.bill", "args": [1], "queue": "shop", "broker": "redis://:other@h:1/0"}


@pytest.fixture
def told(database, clock):
    def tell(message_id="m9", **more):
        with database.transaction() as session:
            options = {"message_id": message_id, "declared": BROKERS, "now": clock.now()}
            return take_in(session, {**TOLD, **more}, **options)

    return tell


def work(database, work_id):
    with database.transaction() as session:
        return session.get_one(WorkItem, work_id)


def test_it_goes_to_its_own_broker_by_name(told, replayed, read, database):
    letter_id = told()
    assert read(letter_id).broker == "shop"
    made = work(database, replayed(letter_id))
    assert (made.task, made.target) == ("deadletter.replay", "broker:shop")
    assert made.arguments == {"letter_id": letter_id, "args": [1], "kwargs": {}, "queue": "shop"}


def test_no_row_holds_a_password(told, read):
    letter_id = told(broker="redis://user:hunter2@elsewhere:6379/0")
    assert read(letter_id).broker == "redis://elsewhere:6379/0"


@pytest.mark.parametrize("broker", ["redis://elsewhere:6379/0", "bank"])
def test_replays_go_to_declared_brokers_only(told, replayed, read, broker):
    letter_id = told(broker=broker)
    with pytest.raises(UnprocessableError, match="is not declared"):
        replayed(letter_id)
    assert read(letter_id).state == "open"


def test_without_a_broker_it_is_ours(told, replayed, database):
    assert work(database, replayed(told(broker=None))).target is None


def test_told_twice_is_one_letter(told):
    assert told(task_id="t1") == told(task_id="t1")


def test_a_task_that_fails_once_more_after_its_letter_was_closed_is_a_new_letter(told, replayed):
    first = told("m1", task_id="t1")
    replayed(first)
    assert told("m1", task_id="t1") == first
    assert told("m2", task_id="t1") != first


def test_a_replay_that_fails_there_names_its_letter(told, replayed, read):
    letter_id = told(task_id="t1")
    again = told("m2", task_id=f"work-{replayed(letter_id)}")
    assert read(again).replay_of == letter_id


@pytest.mark.parametrize("task_id", ["work-", "work-x", f"work-{9**40}", "work-4711"])
def test_ids_that_only_look_like_ours_name_nothing(told, read, task_id):
    assert read(told(task_id=task_id)).replay_of is None


def test_the_key_of_a_project_gives_it_the_letter(told, read, database, clock):
    with database.transaction() as session:
        project, key = projects.create(session, "shop", now=clock.now())
    assert read(told(task_id="a", dsn_key=key.public_key)).project_id == project.id
    assert read(told(task_id="b", dsn_key="0" * 32)).project_id is None


WRONG = [
    {},
    {"task": 3},
    {"task": "a", "args": {}},
    {"task": "a", "broker": "file:///etc"},
    {"task": "a", "error": "x"},
]


@pytest.mark.parametrize("reported", WRONG, ids=str)
def test_report_that_cannot_be_understood_is_refused(reported):
    with pytest.raises(UnprocessableError):
        foreign(reported, message_id="m")


@pytest.mark.parametrize("odd", ["a\x00b", "a\ud800b"])
def test_whatever_stands_in_a_text_is_kept_as_far_as_it_can_be(told, read, odd):
    names = ("task", "task_id", "queue", "broker", "dsn_key")
    error = dict.fromkeys(("type", "code", "message", "traceback", "category"), odd)
    letter = read(told(**dict.fromkeys(names, odd), error=error))
    assert {letter.task[::2], letter.message_id[::2], letter.error_type[::2]} == {"ab"}
    assert (letter.reason, letter.category) == ("reported", "unknown")


@pytest.mark.parametrize(("attempts", "kept"), [(10**12, 2**31 - 1), (-5, 1), (0, 1), (3, 3)])
def test_attempts_are_kept_as_far_as_there_is_room(told, read, attempts, kept):
    assert read(told(attempts=attempts)).attempts == kept


def test_a_category_that_is_no_text_is_refused(told):
    with pytest.raises(UnprocessableError, match="`category` is not of the type str"):
        told(error={"category": ["timeout"]})
