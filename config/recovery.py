"""Loads the recovery policies from `defaults/recovery.toml` into frozen values."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from core.analysis.families import FAMILIES, GENERAL
from core.delays import ServerTold, named
from core.errors import Category, ConfigurationError
from core.recovery.policy import Action, Policies, Policy
from core.resilience.backoff import RetryPolicy


@lru_cache(maxsize=1)
def policies() -> Policies:
    """Mendline's own policies, loaded once a process."""
    text = files("config").joinpath("defaults", "recovery.toml").read_text("utf-8")
    return policies_from(tomllib.loads(text))


def policies_from(tables: Mapping[str, Any]) -> Policies:
    """`default`, what differs from it by category, and from both by kind (`database.deadlock`)."""
    default, kinds = tables["default"], tables.get("kinds", {})
    try:
        own = {Category(name): table for name, table in tables.get("policies", {}).items()}
        return Policies(
            by_category=MappingProxyType(
                {category: _policy({**default, **table}) for category, table in own.items()}
            ),
            default=_policy(default),
            by_kind=MappingProxyType(
                {
                    (category, _known(kind)): _policy({**default, **own.get(category, {}), **table})
                    for kind, table in kinds.items()
                    for category in Category
                }
            ),
        )
    except ValueError as error:
        raise ConfigurationError(f"The recovery policies are wrong: {error}.") from error


@lru_cache(maxsize=1)
def _kinds() -> frozenset[str]:
    return frozenset(
        f"{family.name}.{kind.name}" for family in (*FAMILIES, GENERAL) for kind in family.kinds
    )


def _known(kind: str) -> str:
    if kind not in _kinds():
        raise ValueError(f"there is no kind {kind!r}")
    return kind


def _policy(table: Mapping[str, Any]) -> Policy:
    backoff = named(str(table.get("strategy", "exponential")), table)
    told = ServerTold(backoff, cap=float(table["longest_told"]), spread=float(table["jitter"]))
    return Policy(
        retry=RetryPolicy(int(table["attempts"]), told),
        transient=Action(table["transient"]),
        exhausted=Action(table["exhausted"]),
        permanent=Action(table["permanent"]),
    )
