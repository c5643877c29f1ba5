"""Which family an event belongs to; one line per family, the more special ones first."""

from core.analysis.families import (
    api,
    cache,
    database,
    dependency,
    generation,
    powershell,
    rate_limit,
    task,
    user,
    validation,
)
from core.analysis.family import Facts, Family, Recognition

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
GENERAL = "general"
_LEAST = 0.3


def recognised(facts: Facts) -> Recognition:
    """The family that is surest; of equals the more special one."""
    best, most = None, _LEAST
    for family in FAMILIES:
        weight = family.weight(facts)
        if weight > most:
            best, most = family, weight
    if best is None:
        return Recognition(GENERAL, ())
    return Recognition(best.name, tuple(sorted(best.context(facts).items())))
