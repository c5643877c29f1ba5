from random import Random

from config.knowledge import knowledge
from config.recovery import policies
from core.recovery.adviser import Adviser

ADVISE = Adviser(knowledge(), policies(), Random(1))
REFUSED = {
    "exception": [{"type": "ConnectionRefusedError", "value": "[Errno 111]"}],
    "platform": "python",
}


def test_a_refused_connection_is_tried_again():
    answer = ADVISE(REFUSED, 1)

    assert answer["action"] == "retry"
    assert answer["attempts_left"] == 5


def test_a_time_in_the_context_is_kept_to():
    answer = ADVISE({**REFUSED, "extra": {"retry_after": 20}}, 1)

    assert answer["action"] == "wait"
    assert answer["retry_after"] >= 20


def test_an_odd_time_is_passed_over():
    assert ADVISE({**REFUSED, "extra": {"retry_after": True}}, 1)["action"] == "retry"


def test_a_bug_calls_for_help():
    assert (
        ADVISE({"exception": [{"type": "KeyError"}], "platform": "python"}, 1)["action"]
        == "escalate"
    )


def test_what_the_family_reads_reaches_the_answer():
    report = {
        "message": "quota exceeded, resets at 2026-03-01T12:10:00Z",
        "timestamp": "2026-03-01T12:00:00Z",
    }

    answer = ADVISE(report, 1)

    assert answer["action"] == "wait"
    assert 600 <= answer["retry_after"] <= 660


def test_a_refused_prompt_calls_for_another_way():
    report = {"message": "content policy violation", "tags": {"component": "story"}}

    assert ADVISE(report, 1)["action"] == "fallback"
