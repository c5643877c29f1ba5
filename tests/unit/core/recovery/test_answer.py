from random import Random

import pytest

from config.recovery import policies
from core.analysis.proposal import Advice, Proposal
from core.analysis.result import Classification, Severity
from core.errors import Category
from core.recovery.answer import Circuit, Obstacle, RecoveryAction, decide, hindered
from core.resilience.adaptive import Rate, adapt


def failure(category, *, transient, severity=Severity.MEDIUM, context=(), family="general", **more):
    return Classification(category, family, transient, severity, 0.9, "rule", context, **more)


def proposed(category, advice, policy, *, transient):
    return decided(category, transient=transient, proposal=Proposal(advice, policy))


def decided(category, attempt=1, *, transient=True, retry_after=None, **more):
    found = failure(category, transient=transient, **more)
    return decide(
        found, attempt=attempt, policies=policies(), rand=Random(1), retry_after=retry_after
    )


def test_a_passing_failure_is_tried_again_later_and_later():
    first, second = decided(Category.CONNECTION, 1), decided(Category.CONNECTION, 2)

    assert first.action == "retry"
    assert 0.9 <= first.retry_after <= 1.1
    assert 1.8 <= second.retry_after <= 2.2
    assert (first.attempts_left, second.attempts_left) == (5, 4)


def test_the_delay_is_capped():
    assert decided(Category.CONCURRENCY, 7).retry_after <= 5.5


def test_used_up_attempts_call_for_help():
    found = decided(Category.CONNECTION, 6)

    assert (found.action, found.attempts_left, found.retry_after) == ("escalate", 0, None)


@pytest.mark.parametrize(
    ("category", "action"),
    [
        (Category.VALIDATION, "fail_fast"),
        (Category.NOT_FOUND, "fail_fast"),
        (Category.INTEGRITY, "fail_fast"),
        (Category.AUTH, "escalate"),
        (Category.BUG, "escalate"),
        (Category.UNKNOWN, "escalate"),
        (Category.RATE_LIMIT, "escalate"),
        (Category.CANCELLED, "none"),
    ],
)
def test_what_does_not_pass_is_not_tried_again(category, action):
    found = decided(category, transient=False)

    assert found.action == action
    assert found.retry_after is None


def test_rate_limits_wait():
    assert decided(Category.RATE_LIMIT).action == "wait"


def test_a_told_time_is_never_cut_short():
    found = decided(Category.UNAVAILABLE, retry_after=40)

    assert found.action == "wait"
    assert 40 <= found.retry_after <= 44


def test_the_time_in_the_message_counts_too():
    found = decided(Category.RATE_LIMIT, context=(("retry_after", "30"),))

    assert 30 <= found.retry_after <= 33


@pytest.mark.parametrize("odd", ["", "soon", "1.2.3"])
def test_a_time_that_is_no_number_is_passed_over(odd):
    assert decided(Category.RATE_LIMIT, context=(("retry_after", odd),)).retry_after < 6


@pytest.mark.parametrize(
    ("advice", "transient", "action"),
    [
        (Advice.RETRY, True, "retry"),
        (Advice.CIRCUIT_BREAK, True, "retry"),
        (Advice.THROTTLE, True, "wait"),
        (Advice.FALLBACK, True, "fallback"),
        (Advice.FALLBACK, False, "fallback"),
        (Advice.ESCALATE, False, "escalate"),
        (Advice.NONE, False, "none"),
    ],
)
def test_what_the_family_proposes_is_the_answer(advice, transient, action):
    found = proposed(Category.SERVER, advice, "generation.model", transient=transient)

    assert found.action == action


def test_what_is_usual_for_the_category_is_the_policys_to_say():
    found = proposed(Category.SERVER, Advice.WAIT, "server", transient=True)

    assert found.action == "retry"


def test_a_kind_has_numbers_of_its_own():
    found = decided(Category.UNAVAILABLE, 1, family="task", kind="worker_lost")

    assert found.attempts_left == 2
    assert found.retry_after > 13


def test_a_fallback_comes_after_the_last_attempt():
    found = decided(Category.CONNECTION, 6, family="cache", kind="connection")

    assert (found.action, found.attempts_left) == ("fallback", 0)


def test_a_time_in_the_proposal_is_kept_to():
    told = Proposal(Advice.WAIT, "rate_limit.quota", retry_after=600)

    found = decided(Category.RATE_LIMIT, proposal=told)

    assert (found.action, 600 <= found.retry_after <= 660) == ("wait", True)


def test_information_needs_nothing():
    assert decided(Category.UNKNOWN, transient=False, severity=Severity.INFO).action == "none"


def test_the_answer_leaves_out_what_does_not_apply():
    answer = decided(Category.VALIDATION, transient=False).as_json()

    assert set(answer) == {"action", "reason"}
    assert set(decided(Category.SERVER).as_json()) == {
        "action",
        "reason",
        "retry_after",
        "attempts_left",
    }


def test_actions_compare_by_value():
    assert decided(Category.CONNECTION) == decided(Category.CONNECTION)
    assert isinstance(decided(Category.CONNECTION), RecoveryAction)


def told(obstacle, category=Category.CONNECTION, **more):
    return hindered(decided(category, **more), obstacle, rand=Random(1))


def test_an_open_breaker_turns_a_retry_into_patience():
    found = told(Obstacle(Circuit.OPEN, closes_in=30))

    assert (found.action, found.breaker, found.attempts_left) == ("wait", "open", 5)
    assert 30 <= found.retry_after <= 33


def test_a_longer_wait_than_the_breakers_stays():
    assert told(Obstacle(Circuit.OPEN, closes_in=1), retry_after=40).retry_after >= 40


def test_a_breaker_that_may_close_right_now_still_leaves_a_moment():
    assert told(Obstacle(Circuit.OPEN, closes_in=-5)).retry_after > 0


@pytest.mark.parametrize("circuit", [Circuit.CLOSED, Circuit.HALF_OPEN])
def test_another_breaker_is_told_only(circuit):
    found = told(Obstacle(circuit))

    assert (found.action, found.breaker) == ("retry", circuit)


def test_who_gives_up_does_so_with_an_open_breaker_too():
    found = told(Obstacle(Circuit.OPEN, closes_in=30), Category.VALIDATION, transient=False)

    assert (found.action, found.breaker, found.retry_after) == ("fail_fast", "open", None)


def test_a_used_up_budget_calls_for_patience():
    found = told(Obstacle(Circuit.CLOSED, refills_in=12))

    assert (found.action, found.breaker) == ("wait", "closed")
    assert 12 <= found.retry_after <= 13.2


def test_what_retries_have_taught_bends_the_policy():
    def learnt(policy):
        return adapt(policy, {2: Rate(400, 0), 3: Rate(100, 100)})

    usual, found = decided(Category.CONNECTION), failure(Category.CONNECTION, transient=True)
    about = {"policies": policies(), "bend": learnt}
    bent = decide(found, attempt=1, rand=Random(1), **about)
    assert (usual.attempts_left, bent.attempts_left) == (5, 1)
    assert bent.retry_after < 0.7 * usual.retry_after
    assert decide(found, attempt=2, rand=Random(1), **about).action == "escalate"
