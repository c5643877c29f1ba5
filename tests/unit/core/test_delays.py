from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delays import (
    BY_NAME,
    Decorrelated,
    Exponential,
    Fibonacci,
    Fixed,
    FullJitter,
    Linear,
    Scaled,
    ServerTold,
    Within,
    named,
)

RAND = Random(4)
attempts = st.integers(1, 10_000)


def first(delay, count=5):
    return [delay.delay(n, rand=RAND) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        (Exponential(base=1, cap=10, jitter=0), [1, 2, 4, 8, 10]),
        (Exponential(base=3, factor=3, cap=100, jitter=0), [3, 9, 27, 81, 100]),
        (Fixed(2), [2, 2, 2, 2, 2]),
        (Linear(base=1, step=3, cap=11, jitter=0), [1, 4, 7, 10, 11]),
        (Fibonacci(base=2, cap=9, jitter=0), [2, 2, 4, 6, 9]),
        (Scaled(Fixed(2), 1.5), [3, 3, 3, 3, 3]),
        (Within(Linear(jitter=0), least=2, most=4), [2, 2, 3, 4, 4]),
    ],
)
def test_the_first_delays(delay, expected):
    assert first(delay) == expected


@given(attempts)
def test_exponential_stays_within_its_jitter(attempt):
    exact = Exponential(jitter=0).delay(attempt, rand=RAND)
    assert 0.9 * exact <= Exponential().delay(attempt, rand=RAND) <= 1.1 * exact


@given(attempts)
def test_full_jitter_lies_between_nothing_and_the_cap(attempt):
    assert 0 <= FullJitter(cap=7).delay(attempt, rand=RAND) <= 7


@given(attempts)
def test_decorrelated_lies_between_its_base_and_the_cap(attempt):
    assert 2 <= Decorrelated(base=2, cap=30).delay(attempt, rand=RAND) <= 30


def test_decorrelated_grows_until_it_fills_its_room():
    delay = Decorrelated(base=1, cap=100)
    means = [sum(delay.delay(n, rand=RAND) for _ in range(300)) / 300 for n in (1, 3, 8)]
    assert means[0] < 3 < means[1] < means[2]


@given(st.sampled_from(sorted(BY_NAME)), attempts)
def test_no_delay_is_negative_or_endless(name, attempt):
    assert 0 <= named(name, {"cap": 50}).delay(attempt, rand=RAND) <= 55


@given(st.floats(0, 3_600))
def test_what_the_server_told_is_never_undercut(told):
    delay = ServerTold(Fixed(1)).delay(1, rand=RAND, told=told)
    assert told <= delay <= 1.1 * told


def test_what_the_server_told_is_not_scaled():
    assert Scaled(ServerTold(Fixed(1), spread=0), 0.5).delay(1, rand=RAND, told=8) == 8


def test_without_a_word_of_the_server_the_other_delay_holds():
    assert ServerTold(Fixed(4)).delay(1, rand=RAND) == 4


def test_a_name_brings_its_numbers():
    assert named("linear", {"base": 2, "factor": 3, "jitter": 0}) == Linear(2, 6, 300, 0)


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"no delay 'quadratic'.*fibonacci"):
        named("quadratic", {})
