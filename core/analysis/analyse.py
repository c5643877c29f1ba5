"""The whole analysis of one event; any JSON object has one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from core.analysis.chain import told
from core.analysis.classify import classify
from core.analysis.edition import NEWEST, Edition
from core.analysis.editions import OLDER
from core.analysis.event import read
from core.analysis.fingerprint import Wish, group
from core.analysis.knowledge import Knowledge
from core.analysis.result import Analysis
from core.analysis.rules.applying import apply
from core.analysis.rules.facts import Facts
from core.analysis.rules.rule import NO_RULES, RuleSet


def analyse(
    event: Mapping[str, Any],
    knowledge: Knowledge,
    rules: RuleSet = NO_RULES,
    *,
    edition: Edition = NEWEST,
) -> Analysis:
    seen = read(event)
    chain = told(seen, edition)
    if chain.language:
        seen = seen._replace(platform=chain.language)
    classification = classify(seen, chain.failures, knowledge)
    if not rules:
        return Analysis(grouping=group(seen, chain), classification=classification)
    ruling = apply(rules, Facts(seen, chain, classification), classification, knowledge)
    rule = ruling.grouping
    wish = Wish(rule.fingerprint, rule.title, rule.ignore) if rule else Wish()
    return Analysis(
        grouping=group(seen, chain, wish),
        classification=ruling.classification,
        ruled=ruling.ruled,
    )


class Algorithm(NamedTuple):
    """A way to analyse, with the version under which its keys are kept.

    `older`: those before it, the newest of them first; what one of them filed stays where it is.
    """

    version: int
    analyse: Callable[[Mapping[str, Any], Knowledge, RuleSet], Analysis]
    older: tuple["Algorithm", ...] = ()


CURRENT: Final = Algorithm(
    NEWEST.version,
    analyse,
    tuple(Algorithm(each.version, partial(analyse, edition=each)) for each in OLDER),
)
