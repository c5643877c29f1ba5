import asyncio
from random import Random

import pytest

from config.knowledge import knowledge
from config.recovery import policies
from core.clock import FixedClock
from core.recovery.adviser import Adviser, Nothing, Reported
from core.recovery.answer import Circuit, Obstacle
from core.recovery.attempts import MemoryAttempts
from core.resilience.backoff import RetryPolicy
from tests.conftest import NOON

REFUSED = {
    "exception": [{"type": "ConnectionRefusedError", "value": "[Errno 111]"}],
    "platform": "python",
}


def adviser(surroundings=None, lessons=None):
    attempts = MemoryAttempts(FixedClock(NOON))
    return Adviser(
        knowledge(),
        policies,
        attempts,
        surroundings=surroundings,
        lessons=lessons,
        rand=Random(1),
    )


def told(event, **names):
    return {**event, "contexts": {"mendline": names}}


def answers(advise, *events, attempt=None):
    reports = [Reported(each, f"{number:032x}", 1, attempt) for number, each in enumerate(events)]
    return asyncio.run(advise(reports))


def answer(event, attempt=None):
    return answers(adviser(), event, attempt=attempt)[0]


def test_a_refused_connection_is_tried_again():
    found = answer(REFUSED)

    assert found["action"] == "retry"
    assert found["attempts_left"] == 5
    assert "breaker" not in found


def test_a_time_in_the_context_is_kept_to():
    found = answer({**REFUSED, "extra": {"retry_after": 20}})

    assert found["action"] == "wait"
    assert found["retry_after"] >= 20


def test_an_odd_time_is_passed_over():
    assert answer({**REFUSED, "extra": {"retry_after": True}})["action"] == "retry"


def test_a_bug_calls_for_help():
    assert answer({"exception": [{"type": "KeyError"}], "platform": "python"})["action"] == (
        "escalate"
    )


def test_what_the_family_reads_reaches_the_answer():
    report = {
        "message": "quota exceeded, resets at 2026-03-01T12:10:00Z",
        "timestamp": "2026-03-01T12:00:00Z",
    }

    found = answer(report)

    assert found["action"] == "wait"
    assert 600 <= found["retry_after"] <= 660


def test_a_refused_prompt_calls_for_another_way():
    report = {"message": "content policy violation", "tags": {"component": "story"}}

    assert answer(report)["action"] == "fallback"


def left(found):
    return [each["attempts_left"] for each in found]


def test_an_operation_is_counted_by_its_id():
    event = told(REFUSED, operation_id="order-1")
    other = {**event, "exception": [{"type": "TimeoutError"}]}

    assert left(answers(adviser(), event, event, told(REFUSED, operation_id="order-2"))) == [
        5,
        4,
        5,
    ]
    assert left(answers(adviser(), event, other)) == [5, 2]  # of four attempts, for a timeout


def test_without_an_id_the_same_failure_of_the_same_operation_is_counted():
    pay, ship = (told(REFUSED, component="shop", operation=name) for name in ("pay", "ship"))

    assert left(answers(adviser(), pay, ship, pay, pay)) == [5, 5, 4, 3]


def test_what_the_client_counts_itself_is_believed():
    event = told(REFUSED, component="shop", operation="pay")

    assert left(answers(adviser(), event, event, attempt=3)) == [3, 3]


def test_a_clients_count_cannot_fall_behind_its_operation():
    event = told(REFUSED, operation_id="order-1")

    assert left(answers(adviser(), event, event, event, attempt=1)) == [5, 4, 3]


def test_the_last_attempt_is_followed_by_help():
    found = answers(adviser(), *[told(REFUSED, operation_id="order-1")] * 6)[-1]

    assert (found["action"], found["attempts_left"]) == ("escalate", 0)


def test_an_open_breaker_of_the_component_is_told():
    class OpenOne(Nothing):
        def look(self, components):
            return {name: Obstacle(Circuit.OPEN, 30) for name in components & {"payments"}}

    events = (told(REFUSED, component=name) for name in ("payments", "mail"))
    held, free = answers(adviser(OpenOne()), *events)

    assert (held["action"], held["breaker"]) == ("wait", "open")
    assert 30 <= held["retry_after"] <= 33
    assert free["action"] == "retry"


@pytest.mark.parametrize("odd", [{"exception": 5}, {"contexts": {"mendline": [1]}}, {"tags": 7}])
def test_odd_events_have_an_answer_and_do_not_disturb_others(odd):
    found = answers(adviser(), odd, REFUSED)

    assert found[0]["reason"]
    assert found[1]["action"] == "retry"


def test_an_event_that_cannot_be_read_has_no_advice():
    class Broken(dict):
        def get(self, *_):
            raise KeyError

    found = answers(adviser(), Broken(), REFUSED)

    assert found[0] == {"action": "none", "reason": "no policy applies"}
    assert found[1]["action"] == "retry"


class Purse(Nothing):
    """A budget for so many retries."""

    def __init__(self, retries, circuit=Circuit.CLOSED):
        self.retries = retries
        self.circuit = circuit

    def look(self, components):
        return dict.fromkeys(components, Obstacle(self.circuit, 5))

    def spend(self, component, *, throttled):
        self.retries -= 1
        return None if self.retries >= 0 else 40.0


def test_when_the_budget_is_used_up_clients_wait_for_it():
    event = told(REFUSED, component="shop", operation="pay")

    found = answers(adviser(Purse(2)), event, event, event)

    assert [each["action"] for each in found] == ["retry", "retry", "wait"]
    assert found[2]["retry_after"] >= 40
    assert found[2]["attempts_left"] == 3


def test_the_budget_pays_for_attempts_only():
    bug = told({"exception": [{"type": "KeyError"}]}, component="shop")
    purse, shut = Purse(5), Purse(5, Circuit.OPEN)

    answers(adviser(purse), bug, told(REFUSED))
    answers(adviser(shut), told(REFUSED, component="shop"))

    assert (purse.retries, shut.retries) == (5, 5)


class Learnt(Nothing):
    """That one retry is all that helps; keeps what it is told."""

    def __init__(self):
        self.noted = []

    def adapted(self, policy, category, component):
        return RetryPolicy(2, policy.backoff)

    def note(self, category, component, attempt, *, again):
        self.noted.append((category, component, attempt, again))


def test_what_retries_have_taught_is_in_the_answer():
    first, second = (
        answers(adviser(lessons=Learnt()), REFUSED, attempt=attempt)[0] for attempt in (1, 2)
    )
    assert (first["action"], first["attempts_left"]) == ("retry", 1)
    assert (second["action"], second["attempts_left"]) == ("escalate", 0)


def test_attempts_that_a_client_counts_are_noted():
    lessons = Learnt()
    advise = adviser(lessons=lessons)
    answers(advise, told(REFUSED, component="cart"), attempt=2)
    answers(advise, told(REFUSED, component="cart", operation_id="o-1"))
    answers(advise, told(REFUSED, component="cart"))
    assert lessons.noted == [("connection", "cart", 2, False), ("connection", "cart", 1, True)]
