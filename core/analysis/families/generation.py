"""Jobs that generate text or images with a model: the model, its policy, tokens and money."""

import re

from core.analysis.family import Facts, Family, found, told
from core.errors import Category

_LIBRARIES = frozenset({
    "openai", "anthropic", "litellm", "cohere", "mistralai", "groq", "langchain", "langchain_core",
    "llama_index", "transformers", "vllm", "ollama", "replicate", "google.generativeai",
    "google.genai", "tiktoken", "together", "huggingface_hub", "diffusers",
})  # fmt: skip
_COMPONENTS = frozenset(
    {"generation", "story", "llm", "model", "completion", "generator", "openai", "anthropic"}
)
_WORDS = (
    "content policy", "content_policy", "content filter", "content management policy",
    "context length", "context window", "prompt", "completion", "max_tokens", "tokens per min",
    "insufficient_quota", "language model", "model overloaded", "story generation",
    "generation failed", "model_not_found",
)  # fmt: skip
_PATTERNS = {
    "model": re.compile(r"\bmodel[ :=]{1,2}['\"`]?([A-Za-z][\w.:/-]{2,80})['\"`]?"),
    "tokens": re.compile(r"\b(\d{1,9}) tokens\b|\btokens[ :=]{1,2}(\d{1,9})\b"),
    "cost": re.compile(r"\$ ?(\d{1,9}(?:\.\d{1,6})?)\b"),
    "request": re.compile(r"\b(req_\w{8,40}|chatcmpl-\w{8,40})\b"),
}
_TOLD = {
    "model": "model",
    "tokens": "tokens",
    "total_tokens": "tokens",
    "cost": "cost",
    "story_id": "story",
    "provider": "provider",
}


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.95
    if facts.component in _COMPONENTS:
        return 0.75
    return 0.6 if facts.says(_WORDS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_PATTERNS, facts.message), **told(facts, _TOLD)}
    details["kind"] = _kind(facts)
    return details


def _kind(facts: Facts) -> str:
    if facts.says(
        ("content policy", "content_policy", "content filter", "safety", "content management")
    ):
        return "content_policy"
    if facts.says(("context length", "context window", "max_tokens", "maximum context", "tokens")):
        return "tokens"
    if facts.category is Category.RATE_LIMIT:
        return "cost" if facts.says(("quota", "billing", "budget", "credit")) else "rate_limit"
    if facts.says(("save", "storage", "store ", "write ")):
        return "storage"
    return "model"


FAMILY = Family("generation", weight, context)
