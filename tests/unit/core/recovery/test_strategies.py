from random import Random

import pytest

from core.analysis.proposal import Advice
from core.delays import Fixed, ServerTold
from core.errors import Category
from core.recovery.decision import Verb
from core.recovery.situation import Situation
from core.recovery.strategies import STRATEGIES
from core.recovery.strategy import Given, Use
from core.resilience.backoff import RetryPolicy
from tests.unit.core.recovery.situations import situation

RETRY = RetryPolicy(3, ServerTold(Fixed(2), spread=0))
USE = Use("mend", "pool:{component}", {"release": "{release}", "list": ["{kind}"]}, attempts=2)
SUITED = {
    "circuit_break": {},
    "cleanup": {"category": Category.RESOURCE},
    "failover": {},
    "fallback": {},
    "quarantine": {"operation": "pay"},
    "replay": {},
    "restart": {},
    "rollback": {"new_in_release": True},
    "throttle": {"category": Category.RATE_LIMIT},
}
UNSUITED = {
    "circuit_break": {"transient": False},
    "cleanup": {"category": Category.TIMEOUT},
    "failover": {"category": Category.BUG},
    "quarantine": {},
    "replay": {"transient": False},
    "restart": {"category": Category.VALIDATION},
    "retry": {"transient": False},
    "rollback": {"new_in_release": False},
    "throttle": {"category": Category.BUG},
    "wait": {"category": Category.BUG},
}


def decide(name, *, tries=0, use=None, **values):
    found = situation(**({"release": "1.2"} | values))
    return STRATEGIES[name].decide(found, Given(RETRY, tries, Random(1), use))


def test_each_is_known_by_its_own_name():
    assert all(strategy.name == name for name, strategy in STRATEGIES.items())
    assert len(STRATEGIES) == 12


@pytest.mark.parametrize("name", SUITED)
def test_where_it_is_suited_it_does_what_the_policy_says_with_the_facts(name):
    found = decide(name, use=USE, **SUITED[name])
    assert (found.verb, found.action, found.target) == (Verb.ACT, "mend", "pool:checkout")
    assert found.arguments == {"release": "1.2", "list": ["dependency.refused"]}


@pytest.mark.parametrize("name", SUITED)
def test_it_stops_after_the_attempts_of_the_policy(name):
    assert decide(name, use=USE, tries=1, **SUITED[name]).verb is Verb.ACT
    assert decide(name, use=USE, tries=2, **SUITED[name]).verb is Verb.SKIP


@pytest.mark.parametrize("name", SUITED)
def test_without_an_action_in_the_policy_it_is_passed_over(name):
    assert decide(name, **SUITED[name]).verb is Verb.SKIP


@pytest.mark.parametrize("name", UNSUITED)
def test_where_it_is_not_suited_it_is_passed_over(name):
    assert decide(name, use=USE, **UNSUITED[name]).verb is Verb.SKIP


@pytest.mark.parametrize("name", ["", "-rf", "a b", "$(reboot)", "a\nb", "x" * 300, "../.."])
def test_no_strangers_words_get_into_targets(name):
    found = decide("restart", use=Use("mend", "pool:{component}"), component=name)
    assert found.verb is Verb.SKIP


def test_a_client_that_tries_again_is_watched_once():
    found = decide("retry")
    assert (found.verb, found.delay) == (Verb.WATCH, 2)
    assert decide("retry", tries=1).verb is Verb.SKIP


def test_work_that_can_be_sent_again_is_sent_until_its_attempts_are_used_up():
    found = decide("retry", replayable=True, subject="operation:1")
    assert (found.action, found.target) == ("resend_task", "operation:1")
    assert found.arguments == {"event_id": "0" * 32}
    assert decide("retry", replayable=True, tries=1).verb is Verb.ACT
    assert decide("retry", replayable=True, tries=2).verb is Verb.SKIP


def test_facts_get_into_what_is_sent_again():
    use = Use("resend_task", "operation", {"queue": "{component}.slow"})
    found = decide("retry", use=use, replayable=True, subject="operation:1")
    assert found.arguments == {"queue": "checkout.slow", "event_id": "0" * 32}
    assert found.target == "operation:1"
    assert decide("retry", use=use, replayable=True, component="a b").verb is Verb.SKIP


def test_another_action_may_run_the_work_again():
    found = decide("retry", use=USE, replayable=True, subject="operation:1")
    assert (found.action, found.target) == ("mend", "pool:checkout")
    assert found.arguments == {"release": "1.2", "list": ["dependency.refused"]}


def test_the_failing_sides_own_time_is_kept():
    assert decide("wait", retry_after=30.0, category=Category.BUG).delay == 30
    assert decide("retry", retry_after=30.0).delay == 30
    assert decide("wait", category=Category.RESOURCE).delay == 2


def test_to_escalate_is_always_possible():
    assert decide("escalate").verb is Verb.ESCALATE
    assert "validation" in decide("escalate", category=Category.VALIDATION, transient=False).reason


def test_a_situation_comes_back_from_its_plain_form():
    found = situation(retry_after=1.5, context={"table": "orders"}, advice=Advice.WAIT)
    assert Situation.of(found.plain()) == found


@pytest.mark.parametrize("advice", [Advice.WAIT, Advice.THROTTLE])
def test_what_the_kind_calls_for_says_more_than_its_category(advice):
    """A pool without a free connection is told as a lost connection by some libraries."""
    assert decide("wait", category=Category.CONNECTION, advice=advice).verb is Verb.WATCH
    assert decide("wait", category=Category.BUG, transient=False, advice=advice).verb is Verb.SKIP


def test_who_is_to_go_slower_goes_slower_whatever_the_category():
    assert decide("throttle", use=USE, category=Category.CONNECTION).verb is Verb.SKIP
    found = decide("throttle", use=USE, category=Category.CONNECTION, advice=Advice.THROTTLE)
    assert found.verb is Verb.ACT
