"""Composes what decides who is told of alerts, from the file of the operator."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from config import alert_routes, wiring
from config.alert_routes import Channels
from config.alerts_file import AlertsFileError, Document, document
from config.settings import Settings
from core.alerts.route import Plan
from core.analysis.rules.problem import Problem

log = structlog.get_logger()

STATEFUL: Final = "pagerduty"


def plan(settings: Settings) -> Plan:
    """What holds now. With a mistake in the file each channel gets the alerts that it takes: one
    that sends nothing because of it would be worse.
    """
    channels = _channels(settings)
    try:
        return alert_routes.plan(settings.alerts_file, channels)
    except AlertsFileError as error:
        log.warning("alert.routes_unusable", file=str(settings.alerts_file), why=str(error))
        return alert_routes.usual(channels)


def problems(text: str, settings: Settings | None = None) -> tuple[Problem, ...]:
    """All that is wrong with the routes of a file; other files may declare channels for it."""
    found = Document(text)
    if found.problems:
        return ()
    own = declared(found)
    others = _channels(settings) if settings is not None else Channels({})
    channels = Channels(
        {**others.severities, **own.severities},
        others.stateful | own.stateful,
        others.quiet | own.quiet,
    )
    return alert_routes.read_text(text, channels).problems


def _channels(settings: Settings) -> Channels:
    """What cannot be used has its place, too: it is a dead letter, and not forgotten."""
    book, _ = wiring.channels(settings)
    own = _declared_in(settings.alerts_file)
    usable = {name: each.severities for name, each in book.declared.items()}
    broken = {name: own.severities.get(name, frozenset()) for name in book.broken}
    return Channels(
        {**usable, **broken},
        book.stateful | (own.stateful & broken.keys()),
        book.quiet | (own.quiet & broken.keys()),
    )


def _declared_in(file: Path | None) -> Channels:
    if file is None:
        return Channels({})
    try:
        return declared(document(file))
    except AlertsFileError:
        return Channels({})


def declared(found: Document) -> Channels:
    """The channels that a file names, whether they can be used or not."""
    tables = dict(_tables(found.content))
    quiet = frozenset(name for name, each in tables.items() if each.get("send_resolved") is False)
    return Channels(
        severities={name: _levels(table) for name, table in tables.items()},
        stateful=frozenset(
            name
            for name, table in tables.items()
            if table.get("type") == STATEFUL and name not in quiet
        ),
        quiet=quiet,
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
