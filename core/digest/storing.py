"""Stores the events of one batch that are new, and all that follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from core.analysis import GROUPING_VERSION
from core.digest import (
    bookkeeping,
    counting,
    facets,
    filing,
    recoverable,
    rows,
    ruling,
    thinning,
)
from core.digest.bookkeeping import Pairs
from core.digest.dictionaries import Current
from core.digest.event import Digested
from core.digest.filing import Filing
from core.digest.inheriting import Ancestry
from core.digest.rows import StoredRow
from core.digest.thinning import IssueMinuteKey, Thinning
from core.grouping.example import example
from core.store import components, signals
from core.store.engine import driver_connection
from core.store.payloads import Payloads


@dataclass(frozen=True, slots=True)
class Storing:
    """How to store: packed by whom, thinned by which rule, as of when, hashed with which key, and
    grouped by which version, after which older ones.
    """

    payloads: Payloads
    thinning: Thinning
    now: datetime
    seal: bytes = b""
    version: int = GROUPING_VERSION
    ancestry: Ancestry | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The events that were new, in the order of their arrival; how many signals for recovery."""

    rows: Sequence[StoredRow] = ()
    recoverable: int = 0

    @property
    def thinned(self) -> int:
        return sum(row.payload is None for row in self.rows)


def store(
    session: Session,
    events: Sequence[Digested],
    known: Mapping[int, Current],
    how: Storing,
) -> Stored:
    """`known`: the dictionary of each project."""
    connection = driver_connection(session)
    new = rows.take_ids(connection, events) if events else []
    if not new:
        return Stored()
    filed = filing.file(connection, new, _filing(session, how))
    pairs = [(filed.issues[event.key], event) for event in new]
    earlier = thinning.counts(connection, thinning.keys(pairs))
    packed = _packed(session, pairs, known, how, earlier)
    rows.copy(connection, packed)
    tallies = counting.tallies(pairs)
    regressed = counting.answer(session, tallies, now=how.now)
    counting.count(connection, tallies)
    ruling.describe(connection, pairs)
    rows.count_minutes(connection, bookkeeping.by_minute(pairs))
    facets.count(connection, pairs, seal=how.seal)
    components.add(session, bookkeeping.by_component(new))
    told = bookkeeping.signals(pairs, filed.created, regressed, now=how.now)
    begun = {*filed.created, *regressed}
    mended = recoverable.signals(
        packed, begun, earlier, told=lambda asked: signals.told(session, asked), now=how.now
    )
    signals.add(session, [*told, *mended])
    return Stored(packed, len(mended))


def _filing(session: Session, how: Storing) -> Filing:
    def packed(event: Digested) -> bytes | None:
        document = example(orjson.loads(event.document)["event"])
        return how.payloads.pack(session, document, None) if document else None

    return Filing(how.version, how.now, packed, how.ancestry)


def _packed(
    session: Session,
    pairs: Pairs,
    known: Mapping[int, Current],
    how: Storing,
    earlier: Mapping[IssueMinuteKey, int],
) -> list[StoredRow]:
    packed = []
    for (issue_id, event), keep in zip(
        pairs, thinning.kept(pairs, earlier, how.thinning), strict=True
    ):
        dictionary = known[event.project_id].dictionary_id
        payload = how.payloads.pack(session, event.document, dictionary) if keep else None
        packed.append(StoredRow(event, issue_id, dictionary, payload))
    return packed
