"""Keys that are new, but whose events an older way of grouping has an issue for.

Carrying keys over meets what is kept of each issue; an event that is unlike all of that comes here.
The oldest issue takes the key. The older way is asked only for events whose key leads nowhere, and
only while the project has keys of that way.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import psycopg

from core.analysis import NO_RULES, Algorithm, Knowledge, RuleSet
from core.analysis.failing import PURE_FAILURES
from core.digest.event import Digested, Key
from core.digest.understanding import UNDIGESTIBLE
from core.grouping import keys
from core.grouping.keys import NewKey

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Ancestry:
    """The older algorithms, the newest of them first, and what they need."""

    algorithms: Sequence[Algorithm]
    knowledge: Knowledge
    rules: Callable[[Connection, Collection[int]], Mapping[int, RuleSet]]


class Heir(NamedTuple):
    """An event whose key is new, the key that leads to its issue, and that issue."""

    issue_id: int
    event: Digested
    older: Key


def heirs(
    connection: Connection, events: Collection[Digested], ancestry: Ancestry
) -> Iterable[Heir]:
    """One for each key of these events that older keys lead somewhere for; no query an event."""
    if not events or not ancestry.algorithms:
        return ()
    wanted = list(_older(connection, events, ancestry))
    leads = keys.leads(connection, {keys.Key(*key) for _, key in wanted})
    found: dict[Key, Heir] = {}
    for event, key in wanted:
        issue_id = leads.get(keys.Key(*key))
        known = found.get(event.key)
        if issue_id is not None and (known is None or issue_id < known.issue_id):
            found[event.key] = Heir(issue_id, event, key)
    return found.values()


def _older(
    connection: Connection, events: Collection[Digested], ancestry: Ancestry
) -> Iterator[tuple[Digested, Key]]:
    """Each event with its older keys, as far as its project has keys of that version."""
    projects = {event.project_id for event in events}
    asked = [algorithm.version for algorithm in ancestry.algorithms]
    there = keys.versions(connection, projects, asked)
    rules = ancestry.rules(connection, projects) if there else {}
    for event in events:
        if event.analysis.classification.rule == UNDIGESTIBLE:
            continue
        for algorithm in ancestry.algorithms:
            if (event.project_id, algorithm.version) in there:
                held = rules.get(event.project_id, NO_RULES)
                key = _key(event, algorithm, ancestry.knowledge, held)
                if key is not None:
                    yield event, key


def _key(event: Digested, algorithm: Algorithm, knowledge: Knowledge, rules: RuleSet) -> Key | None:
    """None where the older algorithm fails: what it failed on then, it had no issue for."""
    try:
        found = algorithm.analyse(orjson.loads(event.document)["event"], knowledge, rules)
    except PURE_FAILURES:
        return None
    return Key(event.project_id, found.grouping.issue_key)


def new_key(heir: Heir, example: bytes | None) -> NewKey:
    analysis = heir.event.analysis
    return NewKey(
        key=keys.Key(*heir.event.key),
        issue_id=heir.issue_id,
        mechanism=str(analysis.grouping.mechanism),
        rule=analysis.ruled.grouping if analysis.ruled.keyed else None,
        example=example,
        old=heir.older.issue_key,
    )
