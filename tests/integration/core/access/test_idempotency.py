from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.access.idempotency import (
    KEPT,
    InFlightError,
    KeyReusedError,
    Repeatable,
    earlier_answer,
    remember,
)
from core.model import IdempotencyKey

REQUEST = Repeatable("key:1", "abc", "POST /x?", b"hash")
ANSWER = {"id": "7"}


@pytest.fixture
def answered(database, clock):
    with database.transaction() as session:
        remember(session, REQUEST, ANSWER, now=clock.now())


def ask(database, clock, request=REQUEST):
    with database.transaction() as session:
        return earlier_answer(session, request, clock.now())


def test_a_first_request_has_no_answer_yet(database, clock):
    assert ask(database, clock) is None


def test_a_repeated_request_gets_the_first_answer(database, clock, answered):
    assert ask(database, clock) == ANSWER


@pytest.mark.parametrize(
    "other",
    [
        Repeatable("key:1", "abc", "POST /x?", b"other"),
        Repeatable("key:1", "abc", "POST /y?", b"hash"),
    ],
)
def test_the_key_of_another_request_is_refused(database, clock, answered, other):
    with pytest.raises(KeyReusedError):
        ask(database, clock, other)


def test_keys_of_others_do_not_count(database, clock, answered):
    assert ask(database, clock, Repeatable("key:2", "abc", "POST /x?", b"hash")) is None


def test_a_request_that_is_being_answered_is_in_conflict(database, clock):
    with database.transaction() as session:
        assert earlier_answer(session, REQUEST, clock.now()) is None
        with pytest.raises(InFlightError):
            ask(database, clock)
    assert ask(database, clock) is None


def test_after_a_day_the_key_is_free_again(database, clock, answered):
    clock.advance(KEPT.total_seconds())
    assert ask(database, clock) is None
    with database.transaction() as session:
        remember(session, REQUEST, {"id": "8"}, now=clock.now())
    assert ask(database, clock) == {"id": "8"}


def test_old_answers_are_swept_out_by_new_ones(database, clock, answered):
    clock.advance((KEPT + timedelta(seconds=1)).total_seconds())
    with database.transaction() as session:
        remember(session, Repeatable("key:9", "new", "POST /", b""), ANSWER, now=clock.now())
        left = session.scalars(select(IdempotencyKey.key)).all()
    assert left == ["new"]


def test_what_is_rolled_back_was_never_answered(database, clock):
    def fail():
        with database.transaction() as session:
            remember(session, REQUEST, ANSWER, now=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
