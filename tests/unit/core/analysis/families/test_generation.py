import pytest

from tests.unit.core.analysis.families.facts import taken


def test_a_model_that_limits():
    message = "Rate limit reached for model: gpt-x in 12 tokens. Used $3.50"

    family, context = taken("RateLimitError", "openai", message)

    assert family == "generation"
    assert context == {"model": "gpt-x", "tokens": "12", "cost": "3.50", "kind": "tokens"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("blocked by content policy", "content_policy"),
        ("maximum context length is 8192", "tokens"),
        ("could not save the story", "storage"),
        ("it broke", "model"),
    ],
)
def test_the_kind_of_trouble(message, kind):
    assert taken("Boom", "", message, tags={"component": "story"})[1]["kind"] == kind


def test_a_spent_budget():
    assert taken("RateLimitError", "openai", "insufficient_quota")[1]["kind"] == "cost"
    assert taken("RateLimitError", "openai", "slow down")[1]["kind"] == "rate_limit"


def test_what_the_client_told_counts():
    context = taken("Boom", "anthropic", "x", extra={"model": "m-1", "total_tokens": 900})[1]

    assert (context["model"], context["tokens"]) == ("m-1", "900")


def test_words_alone_are_enough():
    assert taken(message="the language model is gone")[0] == "generation"
