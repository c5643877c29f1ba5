import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken

TOO_LONG = (
    "Error code: 400 - {'error': {'message': \"This model's maximum context length is 8192 "
    'tokens. However, your messages resulted in 9120 tokens.", '
    "'code': 'context_length_exceeded'}}"
)
PER_MINUTE = (
    "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, "
    "Requested 2000. Please try again in 2s."
)


def test_more_tokens_than_the_model_takes():
    assert answered("BadRequestError", "openai", TOO_LONG) == (
        "GEN-CONTEXT-LENGTH",
        413,
        "fallback",
    )
    assert read("BadRequestError", "openai", TOO_LONG) == {
        "provider": "openai",
        "limit": "8192",
        "tokens": "9120",
    }


def test_more_tokens_than_are_granted():
    assert answered("RateLimitError", "openai", PER_MINUTE) == ("GEN-TOKENS", 429, "throttle")
    assert read("RateLimitError", "openai", PER_MINUTE) == {
        "provider": "openai",
        "model": "gpt-4o",
        "limit": "30000",
        "tokens": "29000",
        "retry_after": "2",
    }


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("blocked by content policy", "GEN-CONTENT-POLICY"),
        ("the prompt is too long", "GEN-CONTEXT-LENGTH"),
        ("story budget spent", "GEN-COST"),
        ("could not save the story", "GEN-STORAGE"),
        ("empty response of the model", "GEN-CONTENT-VALIDATION"),
        ("model_not_found: no such model", "GEN-MODEL-MISSING"),
        ("it broke", "GEN-MODEL"),
    ],
)
def test_the_kind_of_trouble_with_a_story(message, expected):
    assert coded("Boom", "", message, tags={"component": "story-generator"}) == expected


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("RateLimitError", "openai", "insufficient_quota", ("GEN-COST", 402)),
        ("RateLimitError", "openai", "slow down", ("GEN-RATE-LIMIT", 429)),
        ("OverloadedError", "anthropic", "overloaded_error", ("GEN-OVERLOADED", 503)),
        ("APITimeoutError", "openai", "Request timed out.", ("GEN-TIMEOUT", 504)),
        ("APIConnectionError", "openai", "Connection error.", ("GEN-CONNECTION", 503)),
        ("AuthenticationError", "openai", "bad key", ("GEN-AUTHENTICATION", 500)),
        ("OutputParserException", "langchain_core", "x", ("GEN-CONTENT-VALIDATION", 502)),
    ],
)
def test_the_kind_of_trouble_with_a_provider(kind, module, message, expected):
    assert answered(kind, module, message)[:2] == expected


def test_what_the_client_told_counts():
    extra = {"model": "m-1", "total_tokens": 900, "cost": 0.12, "currency": "EUR", "story_id": 17}

    context = read("Boom", "anthropic", "x", extra=extra)

    assert context == {
        "provider": "anthropic",
        "model": "m-1",
        "tokens": "900",
        "cost": "0.12",
        "currency": "EUR",
        "story": "17",
    }


def test_money_has_a_currency():
    context = read("Boom", "", "budget of the story: $3.50 spent", tags={"component": "story"})

    assert (context["cost"], context["currency"]) == ("3.50", "USD")


def test_a_refused_prompt_is_done_otherwise():
    found = answered("Boom", "", "content policy", tags={"component": "story"})

    assert found == ("GEN-CONTENT-POLICY", 422, "fallback")


def test_words_alone_are_enough():
    assert taken(message="the language model is gone")[0] == "generation"
