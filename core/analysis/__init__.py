"""Event → what is it: grouping and classification, pure and for any JSON object."""

from core.analysis.analyse import analyse
from core.analysis.fingerprint import GROUPING_VERSION
from core.analysis.knowledge import Knowledge

__all__ = ["GROUPING_VERSION", "Knowledge", "analyse"]
