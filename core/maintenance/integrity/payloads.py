"""Whether stored payloads can be opened: every dictionary is there, and a sample is read."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.integrity.check import Check, Fault
from core.store.engine import Database
from core.store.payloads import PayloadError, Payloads

SAMPLE: Final = 500
SHOWN: Final = 5
LOST: Final = "What was lost can only come from a backup: `mendline backup list`."
_MISSING: Final = text("""
    SELECT count(*) FROM events WHERE dictionary_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payload_dictionaries AS known
            WHERE known.id = events.dictionary_id)
""")
_SIZE: Final = text("""
    SELECT coalesce(sum(greatest(child.reltuples, 0)), 0) FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'events'::regclass
""")
# Blocks by chance; of a small table all of them.
_SAMPLED: Final = text("""
    SELECT event_id, dictionary_id, payload FROM events TABLESAMPLE SYSTEM (:share)
    WHERE payload IS NOT NULL LIMIT :sample
""")
# One of each dictionary that is in use, however rare.
_ONE_EACH: Final = text("""
    SELECT DISTINCT ON (dictionary_id) event_id, dictionary_id, payload FROM events
    WHERE dictionary_id IS NOT NULL AND payload IS NOT NULL ORDER BY dictionary_id
""")


def checks() -> list[Check]:
    return [
        Check("dictionaries", _dictionaries, advice=LOST),
        Check("payloads", _payloads, advice=LOST),
    ]


def _dictionaries(database: Database) -> Fault | None:
    with database.transaction() as session:
        count = int(session.execute(_MISSING).scalar_one())
    return Fault(count, f"{count} events need a dictionary that is gone") if count else None


def _payloads(database: Database) -> Fault | None:
    with database.transaction() as session:
        damaged = _unreadable(session)
    if not damaged:
        return None
    shown = ", ".join(damaged[:SHOWN])
    return Fault(len(damaged), f"{len(damaged)} of a sample cannot be opened: {shown}")


def _unreadable(session: Session) -> list[str]:
    size = float(session.execute(_SIZE).scalar_one())
    share = 100.0 if size <= SAMPLE else max(100.0 * 4 * SAMPLE / size, 0.01)
    sampled = session.execute(_SAMPLED, {"share": min(share, 100.0), "sample": SAMPLE}).all()
    payloads, found = Payloads(), []
    for event_id, dictionary_id, payload in [*sampled, *session.execute(_ONE_EACH).all()]:
        try:
            payloads.unpack(session, payload, dictionary_id)
        except PayloadError:
            found.append(event_id.hex)
    return sorted(set(found))
