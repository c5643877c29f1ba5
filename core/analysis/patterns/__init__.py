"""Patterns of messages: what varies is found by looking at many of them, not at one."""

from core.analysis.patterns.kept import UnknownStateError, restore, state
from core.analysis.patterns.miner import Answer, Limits, Miner
from core.analysis.patterns.pattern import Pattern

__all__ = ["Answer", "Limits", "Miner", "Pattern", "UnknownStateError", "restore", "state"]
