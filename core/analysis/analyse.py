"""The whole analysis of one event; any JSON object has one."""

from collections.abc import Mapping
from typing import Any

from core.analysis.chain import told
from core.analysis.classify import classify
from core.analysis.event import read
from core.analysis.fingerprint import group
from core.analysis.knowledge import Knowledge
from core.analysis.result import Analysis


def analyse(event: Mapping[str, Any], knowledge: Knowledge) -> Analysis:
    seen = read(event)
    chain = told(seen)
    if chain.language:
        seen = seen._replace(platform=chain.language)
    return Analysis(
        grouping=group(seen, chain),
        classification=classify(seen, chain.failures, knowledge),
    )
