"""Loads the policy that is shipped, and the names that policies may use in this installation."""

from functools import lru_cache
from importlib.resources import files

from core.plugins.plugins import Plugins
from core.recovery import plugged
from core.recovery.book import Layer
from core.recovery.policy_reading import Words, checked


@lru_cache(maxsize=4)
def shipped(words: Words) -> Layer:
    """Mendline's own policy, loaded once a process."""
    return checked(shipped_text(), words)


def shipped_text() -> str:
    return files("config").joinpath("defaults", "recovery_policy.toml").read_text("utf-8")


@lru_cache(maxsize=1)
def installed_words() -> Words:
    """With those of the plug-ins that are installed beside us; asked once a process."""
    found = Plugins()
    found.load()
    return plugged.known(found)
