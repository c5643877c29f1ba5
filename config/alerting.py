"""Composes what decides who is told of alerts, from the file of the operator."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from config import alert_routes
from config.alert_routes import Channels
from config.alerts_file import Document, document
from config.settings import Settings
from core.alerts.route import Plan

STATEFUL: Final = "pagerduty"


def plan(settings: Settings) -> Plan:
    """What holds now; without a file nobody is told."""
    if settings.alerts_file is None:
        return alert_routes.usual(Channels({}))
    return alert_routes.plan(settings.alerts_file, declared(document(settings.alerts_file)))


def declared(found: Document) -> Channels:
    """The channels that a file names, whether they can be used or not: what is for one that
    cannot is a dead letter, and not forgotten.
    """
    tables = dict(_tables(found.content))
    return Channels(
        severities={name: _levels(table) for name, table in tables.items()},
        stateful=frozenset(name for name, table in tables.items() if table.get("type") == STATEFUL),
    )


def _tables(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Below `channels` by their names; in lists by `name`, else by type: slack, slack-2."""
    below = content.get("alerts")
    for part in (content, below if isinstance(below, Mapping) else {}):
        named, listed = part.get("channels"), part.get("notification_channels")
        for name, table in named.items() if isinstance(named, Mapping) else ():
            if isinstance(table, Mapping):
                yield name, table
        yield from _listed(listed if isinstance(listed, list) else [])


def _listed(tables: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    seen: Counter[str] = Counter()
    for table in tables:
        if not isinstance(table, Mapping):
            continue
        kind = str(table.get("type", "channel"))
        if table.get("name"):
            yield str(table["name"]), table
            continue
        seen[kind] += 1
        yield kind if seen[kind] == 1 else f"{kind}-{seen[kind]}", table


def _levels(table: Mapping[str, Any]) -> frozenset[str]:
    found = table.get("severity_levels")
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
