"""Which family an event belongs to; one line per family, the more special ones first."""

from dataclasses import replace

from core.analysis.details import seconds, until
from core.analysis.facts import Facts
from core.analysis.families import (
    api,
    cache,
    database,
    dependency,
    general,
    generation,
    powershell,
    rate_limit,
    task,
    user,
    validation,
)
from core.analysis.family import Family, Recognition
from core.analysis.kinds import proposed
from core.analysis.result import Classification
from core.errors import Category

FAMILIES: tuple[Family, ...] = (
    powershell.FAMILY,
    task.FAMILY,
    generation.FAMILY,
    cache.FAMILY,
    database.FAMILY,
    rate_limit.FAMILY,
    user.FAMILY,
    validation.FAMILY,
    dependency.FAMILY,
    api.FAMILY,
)
GENERAL = general.FAMILY
_LEAST = 0.3
_KINDS = {
    (family.name, kind.name): kind for family in (*FAMILIES, GENERAL) for kind in family.kinds
}


def recognised(facts: Facts, *, transient: bool) -> Recognition:
    """The family that is surest; of equals the more special one."""
    best, most = GENERAL, _LEAST
    for family in FAMILIES:
        weight = family.weight(facts)
        if weight > most:
            best, most = family, weight
    kind = best.kinds.of(facts)
    context = dict(best.context(facts))
    retry_after = _retry_after(context, facts)
    return Recognition(
        family=best.name,
        kind=kind,
        code=best.code(kind),
        context=tuple(sorted(context.items())),
        proposal=proposed(
            best.name, kind, facts.category, transient=transient, retry_after=retry_after
        ),
    )


def recast(found: Classification, category: Category) -> Classification:
    """Of another category: the kind that the family has for it, else that of no family."""
    families = [each for each in FAMILIES if each.name == found.family]
    for family in (*families, GENERAL):
        kind = family.kinds.of_category(category)
        if kind is not None:
            return replace(
                found,
                category=category,
                family=family.name,
                kind=kind.name,
                code=family.code(kind),
                http_status=kind.status,
            )
    return replace(found, category=category)


def reproposed(found: Classification) -> Classification:
    """With the proposal that fits, where something else decided about category and retries."""
    kind = _KINDS.get((found.family, found.kind))
    if kind is None:
        return found
    wait = found.proposal.retry_after if found.proposal else None
    proposal = proposed(
        found.family, kind, found.category, transient=found.transient, retry_after=wait
    )
    return replace(found, proposal=proposal)


def _retry_after(context: dict[str, str], facts: Facts) -> float | None:
    """What the failing side asked for, in seconds; the context then tells it so, too."""
    told = context.pop("retry_after", "")
    wait = seconds(told)
    if wait is None and (moment := context.get("reset") or told):
        wait = until(moment, facts)
    if wait is not None:
        context["retry_after"] = f"{wait:.15g}"
    return wait
