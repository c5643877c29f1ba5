from random import Random
from types import SimpleNamespace

import orjson
import pluggy
import pytest

from core.delays import Fixed
from core.plugins.plugins import Plugins
from core.recovery import plugged
from core.recovery.action import ActionError, Order
from core.recovery.strategy import Given
from core.resilience.backoff import RetryPolicy
from tests.integration.core.rows import NOW
from tests.integration.recoveries import situation

hookimpl = pluggy.HookimplMarker("mendline")
GIVEN = Given(RetryPolicy(3, Fixed(1)), 2, Random(1))


def plugins(**added):
    made = Plugins(seconds=1)
    functions = {name: hookimpl(_constant(found)) for name, found in added.items()}
    assert made.add(SimpleNamespace(**functions), "ours")
    return made


def _constant(value):
    return lambda: value


def decided(answer):
    found = plugged.strategies(plugins(strategies={"moon": answer}))["moon"]
    return found.decide(situation(7), GIVEN)


def test_a_strategy_decides_by_plain_values():
    def answer(told):
        return {"verb": "act", "action": "webhook", "target": told["component"], "delay": 3}

    found = decided(answer)

    assert (found.verb, found.action, found.target, found.delay) == (
        *("act", "webhook"),
        *("checkout", 3.0),
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda told: None,
        lambda told: "yes",
        lambda told: {"verb": "explode"},
        lambda told: {"verb": "act", "action": "webhook"},
        lambda told: told["nothing"],
    ],
)
def test_nonsense_is_passed_over(answer):
    assert decided(answer).verb == "skip"


def test_a_strategy_knows_how_often_it_was_tried():
    assert decided(lambda told: {"verb": "watch", "reason": str(told["tried"])}).reason == "2"


ODD = {"\0": "a\0b", 7: 10**30, "at": NOW, "lone": "\ud800", "deep": [{"nan": float("nan")}]}


def is_storable(value):
    return b"\\u0000" not in orjson.dumps(value)


def test_what_no_row_could_hold_is_made_plain():
    found = decided(
        lambda told: {
            "verb": "act",
            "action": "webhook",
            "target": "a\0b",
            "reason": "\ud800",
            "arguments": ODD,
        }
    )
    assert is_storable([found.action, found.target, found.reason, found.arguments])
    assert found.arguments["7"] == str(10**30)


def test_a_failure_is_told_in_words_that_a_row_can_hold():
    def answer(told):
        raise RuntimeError("a\0b\ud800")

    assert is_storable(decided(answer).reason)


def test_what_an_action_answers_can_be_kept():
    done = action(lambda order: {"summary": "a\0b", "evidence": ODD, "undo": ODD}).run(ORDER)
    assert is_storable([done.summary, done.evidence, done.undo])


@pytest.mark.parametrize(("delay", "seconds"), [(10**400, 86_400), (2, 2)], ids=["long", "short"])
def test_a_delay_has_an_end(delay, seconds):
    assert decided(lambda told: {"verb": "watch", "delay": delay}).delay == seconds


@pytest.mark.parametrize("delay", [float("nan"), -1, "soon", True])
def test_an_odd_delay_is_none(delay):
    assert decided(lambda told: {"verb": "watch", "delay": delay}).delay == 0


def action(function):
    return plugged.actions(plugins(actions={"page": function}))["page"]


ORDER = Order("page", "component:shop", {"who": "ann"}, "key-1", timeout=1)


def test_an_action_is_asked_once_more_to_take_itself_back():
    def page(order):
        if "undo" in order:
            return {"summary": f"unpaged {order['undo']['page']}"}
        return {"summary": f"paged {order['arguments']['who']}", "undo": {"page": 9}}

    done = action(page).run(ORDER)

    assert (done.summary, done.undo) == ("paged ann", {"page": 9})
    assert action(page).undo(ORDER, done.undo).summary == "unpaged 9"


def test_an_action_that_raises_has_failed():
    with pytest.raises(ActionError, match="KeyError"):
        action(lambda order: order["nothing"]).run(ORDER)


def test_an_action_that_says_nothing_is_done():
    assert action(lambda order: None).run(ORDER).summary == "page was done"
