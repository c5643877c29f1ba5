import random
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.patterns import Limits, Miner, UnknownStateError, restore, state

USERS = ("root", "news", "cyrus", "bob")
CLASSES = ("Job", "Task", "Log")
LINES = (
    *(f"session opened for user {user} by (uid=0)" for user in USERS),
    *(f"session closed for user {user}" for user in USERS),
    *(f"{daemon} startup succeeded" for daemon in ("cupsd", "klogd", "hcid")),
    *(f"connection from 10.0.0.{n} ({n}-9-8.example.net)" for n in range(5)),
    *(f"registering class org.a.{name} for class org.b.{name}Handler" for name in CLASSES),
    "lock=1, name=android, ws=null",
    "lock=2, name=a.b, ws=W{1 2}",
)


def groups(miner, lines):
    """Which lines share a pattern."""
    found = {}
    for line, answer in zip(lines, miner.learn(lines), strict=True):
        found.setdefault(answer.pattern.pattern_id, set()).add(line)
    return {frozenset(members) for members in found.values()}


def templates(miner):
    return {pattern.template for pattern in miner.patterns}


def test_words_that_tell_stay_and_values_go():
    miner = Miner()
    miner.learn(LINES)

    assert templates(miner) == {
        "session opened for user <*> by (uid=<*>)",
        "session closed for user <*>",
        "cupsd startup succeeded",
        "klogd startup succeeded",
        "hcid startup succeeded",
        "connection from <*> (<*>)",
        "registering class <*> for class <*>",
        "lock=<*>, name=<*>, ws=<*>",
    }


def test_words_at_opened_places_are_parameters():
    answers = Miner().learn(LINES)

    assert answers[1].parameters == ["news", "0"]
    assert answers[-2].parameters == ["1", "android", "null"]


@given(st.permutations(LINES))
@settings(max_examples=30)
def test_the_order_of_a_block_does_not_matter(lines):
    assert groups(Miner(), lines) == groups(Miner(), LINES)


@given(st.lists(st.sampled_from(LINES), min_size=1), st.integers(0, 20))
@settings(max_examples=50)
def test_what_two_found_is_what_one_would_have_found(lines, at):
    one, other, whole = Miner(), Miner(), Miner()
    one.learn(lines[:at])
    other.learn(lines[at:])
    whole.learn(lines)
    one.merge(other.patterns)

    assert groups(one, lines) == groups(whole, lines)
    assert sum(pattern.count for pattern in one.patterns) == 2 * len(lines)


@given(st.lists(st.sampled_from(LINES)))
@settings(max_examples=50)
def test_line_by_line_ends_as_one_block_does(lines):
    stepwise, whole = Miner(), Miner()
    for line in lines:
        stepwise.learn([line])
    whole.learn(lines)

    assert templates(stepwise) == templates(whole)


def test_a_pattern_keeps_its_id_when_it_grows():
    miner = Miner()
    (first,) = miner.learn(["session opened for user root"])
    born_as = first.pattern.pattern_id
    (second,) = miner.learn(["session opened for user bob"])

    assert (second.pattern.pattern_id, second.pattern.template) == (
        born_as,
        "session opened for user <*>",
    )


def test_of_two_that_become_one_the_older_stays():
    miner = Miner()
    old = miner.learn(["failed for root again"])[0].pattern.pattern_id
    others = [miner.learn([f"failed for {name} again"])[0] for name in ("bob", "eve")]
    younger = {answer.pattern.pattern_id for answer in others}
    last = miner.learn(["failed for mallory again"])[0].pattern

    assert (last.pattern_id, last.count) == (old, 4)
    assert miner.aliases == dict.fromkeys(younger, old)


@pytest.mark.parametrize("lines", [LINES, ()])
def test_the_state_is_plain_and_comes_back(lines):
    miner = Miner()
    miner.learn(lines)
    again = restore(orjson.loads(orjson.dumps(state(miner))))

    assert state(again) == state(miner)
    assert [answer.pattern.pattern_id for answer in again.learn(lines)] == [
        answer.pattern.pattern_id for answer in miner.learn(lines)
    ]


@pytest.mark.parametrize(
    "content", [None, [], {}, {"version": 0}, {"version": 1, "patterns": [{}], "aliases": {}}]
)
def test_another_state_is_refused(content):
    with pytest.raises(UnknownStateError):
        restore(content)


def test_the_memory_is_bounded():
    words = random.Random(1)
    miner = Miner(limits=Limits(patterns=50))
    for _ in range(4):
        miner.learn([" ".join(words.choices("abcdefgh", k=words.randint(1, 9))) for _ in range(90)])

    assert len(miner.patterns) <= 50
    assert set(miner.aliases.values()) <= {pattern.pattern_id for pattern in miner.patterns}


@given(st.lists(st.text(alphabet="ab1 .:=,'\"(){}<*>/\\-_", max_size=40), max_size=30))
@settings(max_examples=100)
def test_every_line_is_answered(lines):
    miner = Miner()
    for answer in miner.learn(lines):
        assert len(answer.parameters) == answer.pattern.form.count("<*>")
    assert sum(pattern.count for pattern in miner.patterns) == len(lines)


def test_long_lines_take_memory_in_step_with_their_length():
    rand = random.Random(1)
    words = [f"{one}{two}" for one in USERS for two in USERS]
    lines = [" ".join(rand.choices(words, k=200)) for _ in range(500)]
    tracemalloc.start()
    answers = Miner().learn(lines)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({answer.pattern.pattern_id for answer in answers}) == 500
    assert peak < 40 * 2**20
