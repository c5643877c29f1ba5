"""Loads the policy that is shipped: what is done about failures where a project says nothing."""

from functools import lru_cache
from importlib.resources import files

from core.recovery.book import Layer
from core.recovery.policy_reading import Words, checked


@lru_cache(maxsize=4)
def shipped(words: Words) -> Layer:
    """Mendline's own policy, loaded once a process."""
    return checked(shipped_text(), words)


def shipped_text() -> str:
    return files("config").joinpath("defaults", "recovery_policy.toml").read_text("utf-8")
