"""Jobs that generate text or images with a model: the model, its policy, tokens and money."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({
    "openai", "anthropic", "litellm", "cohere", "mistralai", "groq", "langchain", "langchain_core",
    "llama_index", "transformers", "vllm", "ollama", "replicate", "google.generativeai",
    "google.genai", "tiktoken", "together", "huggingface_hub", "diffusers", "langchain_openai",
    "langchain_anthropic", "pydantic_ai", "instructor", "dspy", "semantic_kernel", "stability_sdk",
})  # fmt: skip
_PROVIDERS = {
    "openai": "openai", "anthropic": "anthropic", "cohere": "cohere", "mistralai": "mistral",
    "groq": "groq", "ollama": "ollama", "replicate": "replicate", "together": "together",
    "google.generativeai": "google", "google.genai": "google", "huggingface_hub": "huggingface",
    "langchain_openai": "openai", "langchain_anthropic": "anthropic",
}  # fmt: skip
_COMPONENTS = frozenset({
    "generation", "story", "stories", "llm", "model", "completion", "generator", "openai",
    "anthropic", "inference", "prompt",
})  # fmt: skip
_WORDS = (
    "content policy", "content_policy", "content filter", "content management policy",
    "context length", "context window", "prompt", "completion", "max_tokens", "tokens per min",
    "insufficient_quota", "language model", "model overloaded", "story generation",
    "generation failed", "model_not_found", "context_length_exceeded", "story could not",
    "failed to generate", "overloaded_error",
)  # fmt: skip
_DETAILS = (
    Detail("model",
           re.compile(r"\bmodel[ :=]{1,2}['\"`]?([A-Za-z][\w.:/-]{2,80})['\"`]?"
                      r"|\b((?:gpt|claude|gemini|llama|mistral|command|o\d)-[\w.:-]{1,60})"),
           ("model", "gpt-", "claude-", "gemini-", "llama-", "mistral-", "command-")),
    Detail("limit",
           re.compile(r"\b(?:maximum context length is|limit(?: is| of)?|max(?:imum)?)[ :=]{1,2}"
                      r"\$? ?(\d[\d,.]{0,12})", re.IGNORECASE),
           ("maximum", "limit", "max")),
    Detail("tokens",
           re.compile(r"\b(?:[Rr]equested|resulted in|contains?|[Uu]sed|has)(?: about)?"
                      r" (\d[\d,]{0,9})(?: (?:input )?tokens)?\b"),
           ("token",)),
    Detail("tokens",
           re.compile(r"\b(\d[\d,]{0,9}) (?:input )?tokens\b(?! ?>)"
                      r"|\btokens[ :=]{1,2}(\d{1,9})\b"),
           ("token",)),
    Detail("cost", re.compile(r"(?:cost|spent|used|budget)\D{0,20}[$€£] ?(\d{1,9}(?:\.\d{1,6})?)"
                              r"|[$€£] ?(\d{1,9}(?:\.\d{1,6})?)\b", re.IGNORECASE),
           ("$", "€", "£")),
    Detail("currency", re.compile(r"([$€£]) ?\d|\b(USD|EUR|GBP)\b")),
    Detail("request_id",
           re.compile(r"\b(req_\w{8,40}|chatcmpl-\w{8,40}|msg_\w{8,40})\b|request[ _]id:? "
                      r"['\"]?([\w-]{8,64})", re.IGNORECASE),
           ("req_", "chatcmpl-", "msg_", "request")),
    Detail("finish", re.compile(r"finish[ _]?reason['\"]?[ :=]{1,2}['\"]?([a-z_]{3,30})"),
           ("finish",)),
    Detail("retry_after",
           re.compile(r"(?:retry|try again)[ _-]?(?:after|in)[ :=]{1,2}"
                      r"(\d{1,6}(?:\.\d{1,3})? ?[a-z]{0,8})", re.IGNORECASE),
           ("retry", "try again")),
)  # fmt: skip
_TOLD = {
    "model": "model", "model_name": "model", "gen_ai.request.model": "model",
    "provider": "provider", "gen_ai.system": "provider", "tokens": "tokens",
    "total_tokens": "tokens",
    "gen_ai.usage.total_tokens": "tokens", "token_count": "tokens", "max_tokens": "limit",
    "token_limit": "limit", "limit": "limit", "budget": "limit", "cost_limit": "limit",
    "cost": "cost", "total_cost": "cost", "estimated_cost": "cost", "currency": "currency",
    "story_id": "story", "story": "story", "job_id": "job", "prompt_id": "prompt",
    "finish_reason": "finish", "request_id": "request_id", "user_id": "owner", "tenant": "owner",
    "retry_after": "retry_after",
}  # fmt: skip
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP"}

_KINDS = Kinds(
    Kind(
        "content_policy", "The model's provider refuses the content.", 422,
        codes=("content_policy_violation", "content_filter", "ResponsibleAIPolicyViolation"),
        types=("ContentFilterFinishReasonError", "ContentPolicyViolationError",
               "BlockedPromptException", "StopCandidateException"),
        words=("content policy", "content_policy", "content filter", "content_filter",
               "content management", "safety system", "safety settings", "harm_category",
               "usage policies", "moderation"),
        again=Advice.FALLBACK, never=Advice.FALLBACK,
    ),
    Kind(
        "context_length", "The input is longer than the model takes.", 413,
        codes=("context_length_exceeded", "string_above_max_length"),
        types=("ContextWindowExceededError",),
        words=("context length", "context window", "maximum context", "prompt is too long",
               "input is too long", "token limit", "too many tokens", "reduce the length"),
        never=Advice.FALLBACK,
    ),
    Kind(
        "cost", "The money for generating is used up.", 402,
        codes=("insufficient_quota", "billing_hard_limit_reached", "402"),
        types=("BudgetExceededError",),
        words=("insufficient_quota", "billing", "budget", "credit", "cost limit", "spend",
               "payment required", "exceeded your current quota"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "tokens", "More tokens than are granted in a time.", 429,
        words=("tokens per min", "tokens per day", "token quota", "token budget", "tpm",
               "tokens_usage"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "model_missing", "The model does not exist, or not for this account.", 500,
        codes=("model_not_found",), vague=("NotFoundError",),
        words=("model_not_found", "model does not exist", "does not exist or you do not have",
               "not a valid model", "model not found"),
        again=Advice.FALLBACK, never=Advice.FALLBACK,
    ),
    Kind(
        "overloaded", "The model is busy.", 503,
        codes=("529", "503", "overloaded_error"),
        types=("OverloadedError", "ServiceUnavailableError"),
        words=("overloaded", "at capacity", "server is busy", "currently loading"),
        categories=(Category.UNAVAILABLE,), again=Advice.CIRCUIT_BREAK,
    ),
    Kind("rate_limit", "Too many requests to the model.", 429,
         vague=("RateLimitError",), categories=(Category.RATE_LIMIT,), again=Advice.THROTTLE),
    Kind(
        "storage", "What was generated could not be kept.", 507,
        words=("save", "storage", "store ", "storing", "persist", "upload", "disk", "write "),
        categories=(Category.RESOURCE,),
    ),
    Kind(
        "content_validation", "What was generated is not what was asked for.", 502,
        codes=("length", "invalid_json"),
        types=("LengthFinishReasonError", "OutputParserException", "JSONSchemaValidationError",
               "IncompleteOutputException", "UnexpectedModelBehavior", "InstructorRetryException"),
        words=("empty response", "empty completion", "truncated", "unexpected output",
               "failed to parse", "could not parse", "invalid json", "does not match the schema",
               "content validation", "too short", "finish reason", "quality check"),
    ),
    Kind("timeout", "The model did not answer in time.", 504, types=("APITimeoutError",),
         categories=(Category.TIMEOUT,)),
    Kind("connection", "The model's provider cannot be reached.", 503,
         types=("APIConnectionError",), categories=(Category.CONNECTION,),
         again=Advice.CIRCUIT_BREAK),
    Kind("authentication", "The provider refuses the credentials.", 500,
         codes=("invalid_api_key",),
         vague=("AuthenticationError", "PermissionDeniedError"), categories=(Category.AUTH,)),
    Kind("request", "The provider does not take the request.", 400,
         vague=("BadRequestError", "UnprocessableEntityError", "InvalidRequestError",
                "UnsupportedParamsError"),
         categories=(Category.VALIDATION, Category.UNSUPPORTED)),
    Kind("cancelled", "Generating was called off.", 499, categories=(Category.CANCELLED,),
         never=Advice.NONE),
    Kind("model", "The model failed.", 502),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.95
    if facts.of_component(_COMPONENTS):
        return 0.75
    return 0.6 if facts.says(_WORDS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    if "provider" not in details:
        provider = next(filter(None, map(_PROVIDERS.get, facts.modules)), None)
        if provider:
            details["provider"] = provider
    if "currency" in details:
        details["currency"] = _CURRENCIES.get(details["currency"], details["currency"])
        if "cost" not in details:
            del details["currency"]
    for name in ("tokens", "limit"):
        if name in details:
            details[name] = details[name].replace(",", "").rstrip(".")
    return details


FAMILY = Family(
    "generation",
    "GEN",
    "Jobs that generate text or images with a model, stories among them.",
    weight,
    context,
    _KINDS,
)
