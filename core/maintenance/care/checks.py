"""What figures of PostgreSQL mean: one pure function for each way in which a database goes bad."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from core.maintenance.care.finding import Finding, Marks, Severity

MEGABYTE: Final = 2**20
Figures = Mapping[str, Any]
Check = Callable[[Figures], Finding | None]

# Two thirds of two thousand million are left when PostgreSQL itself begins to hurry.
WRAP_AROUND: Final = Marks(400_000_000, 1_000_000_000)
DEAD_SHARE: Final = Marks(0.3, 0.6)
FEWEST_DEAD: Final = 10_000
INDEX_BLOAT: Final = Marks(2.0)
SMALLEST_INDEX: Final = 16 * MEGABYTE
UNUSED_DAYS: Final = 30
LONG_SECONDS: Final = Marks(900, 7_200)
IDLE_SECONDS: Final = Marks(300, 1_800)
PREPARED_SECONDS: Final = Marks(600, 7_200)
LOCKED_SECONDS: Final = Marks(30, 300)
HEAD_ROOM_DAYS: Final = 2
SEQUENCE_SHARE: Final = Marks(0.5, 0.8)
CONNECTION_SHARE: Final = Marks(0.8, 0.95)
RETAINED_BYTES: Final = Marks(2**30, 8 * 2**30)


def wrap_around(row: Figures) -> Finding | None:
    age = row["age"]
    return _found(
        "wrap_around",
        row["name"],
        (WRAP_AROUND, age),
        f"The oldest transaction number of {row['name']} is {age:,} transactions old; at two "
        "thousand million PostgreSQL refuses to write.",
        "Look for old transactions, prepared ones and replication slots, which keep vacuum from "
        "its work; then let `VACUUM (FREEZE)` run.",
    )


def dead_rows(row: Figures) -> Finding | None:
    dead, live = row["dead"], row["live"]
    if dead < FEWEST_DEAD:
        return None
    share = dead / (dead + live)
    return _found(
        "dead_rows",
        row["name"],
        (DEAD_SHARE, share),
        f"{share:.0%} of {row['name']} ({dead:,} rows) is dead and takes room.",
        "Vacuum does not keep up: look for long transactions, or lower the table's "
        "`autovacuum_vacuum_scale_factor`.",
    )


def index_bloat(row: Figures) -> Finding | None:
    if row["bytes"] < SMALLEST_INDEX or not row["needed"]:
        return None
    ratio = row["bytes"] / row["needed"]
    return _found(
        "index_bloat",
        row["name"],
        (INDEX_BLOAT, ratio),
        f"The index {row['name']} is {ratio:.1f} times as large as its entries need "
        f"({row['bytes'] / MEGABYTE:.0f} MB).",
        "It is built anew by the job database-care; `REINDEX INDEX CONCURRENTLY` does it at once.",
    )


def unused_index(row: Figures) -> Finding | None:
    if row["bytes"] < SMALLEST_INDEX or row["scans"] or row["days"] < UNUSED_DAYS:
        return None
    return Finding(
        "unused_index",
        row["name"],
        Severity.NOTE,
        f"The index {row['name']} ({row['bytes'] / MEGABYTE:.0f} MB) was not read in "
        f"{row['days']:.0f} days.",
        "If it is one of your own and serves no rare report, drop it: each write pays for it.",
        float(row["bytes"]),
        float(SMALLEST_INDEX),
    )


def long_transaction(row: Figures) -> Finding | None:
    idle = row["idle"]
    how = "does nothing inside of a transaction" if idle else "runs one transaction"
    return _found(
        "long_transaction",
        f"{row['application'] or row['user']}:{row['pid']}",
        (IDLE_SECONDS if idle else LONG_SECONDS, row["seconds"]),
        f"{row['application'] or row['user']} (process {row['pid']}) {how} since "
        f"{row['seconds']:.0f} s; vacuum can clear nothing that is newer.",
        f"Find out what it waits for; `SELECT pg_terminate_backend({row['pid']})` ends it.",
    )


def prepared(row: Figures) -> Finding | None:
    return _found(
        "prepared_transaction",
        row["gid"],
        (PREPARED_SECONDS, row["seconds"]),
        f"The prepared transaction {row['gid']} has been in doubt for {row['seconds']:.0f} s; it "
        "holds its locks and keeps vacuum from its work.",
        "Those of ours are settled by the job transactions: see `mendline transaction list`. "
        "Others need `COMMIT PREPARED` or `ROLLBACK PREPARED` by whoever made them.",
    )


def lock_wait(row: Figures) -> Finding | None:
    return _found(
        "lock_wait",
        f"{row['relation']}:{row['pid']}",
        (LOCKED_SECONDS, row["seconds"]),
        f"Process {row['pid']} has waited for {row['relation']} for {row['seconds']:.0f} s, behind "
        f"{', '.join(map(str, row['blockers'])) or 'others in the queue'}.",
        "Look at what the first of those processes does; `pg_terminate_backend` ends it.",
    )


def head_room(row: Figures) -> Finding | None:
    ahead = row["ahead"]
    if ahead >= HEAD_ROOM_DAYS:
        return None
    return Finding(
        "partition_head_room",
        "events",
        Severity.CRITICAL if ahead < 1 else Severity.WARNING,
        f"There are partitions of events for {ahead} days ahead; without one for today nothing "
        "can be digested.",
        "Run `mendline maintenance run partitions`, and see why the job did not.",
        float(ahead),
        float(HEAD_ROOM_DAYS),
    )


def sequence(row: Figures) -> Finding | None:
    share = row["last"] / row["most"]
    return _found(
        "sequence",
        row["name"],
        (SEQUENCE_SHARE, share),
        f"{share:.0%} of the numbers of {row['name']} are used up.",
        "Change the column to `bigint` before they are: inserts fail afterwards.",
    )


def connections(row: Figures) -> Finding | None:
    share = row["used"] / row["most"]
    return _found(
        "connections",
        "server",
        (CONNECTION_SHARE, share),
        f"{row['used']} of {row['most']} connections are in use.",
        "Raise `max_connections`, or put a pooler before the server.",
    )


def retained_log(row: Figures) -> Finding | None:
    return _found(
        "replication_slot",
        row["name"],
        (RETAINED_BYTES, row["bytes"]),
        f"The replication slot {row['name']} keeps {row['bytes'] / MEGABYTE:.0f} MB of log on the "
        "disk for a reader that does not read.",
        f"Let its reader go on, or drop it: `SELECT pg_drop_replication_slot('{row['name']}')`.",
    )


CHECKS: Final[Mapping[str, Check]] = {
    "databases": wrap_around,
    "tables": dead_rows,
    "indexes": index_bloat,
    "unused": unused_index,
    "transactions": long_transaction,
    "prepared": prepared,
    "locks": lock_wait,
    "partitions": head_room,
    "sequences": sequence,
    "connections": connections,
    "slots": retained_log,
}

NAMES: Final = (
    "wrap_around",
    "dead_rows",
    "index_bloat",
    "unused_index",
    "long_transaction",
    "prepared_transaction",
    "lock_wait",
    "partition_head_room",
    "sequence",
    "connections",
    "replication_slot",
)


def findings(figures: Mapping[str, Iterable[Figures]]) -> Iterator[Finding]:
    for name, rows in figures.items():
        for row in rows:
            found = CHECKS[name](row)
            if found is not None:
                yield found


def _found(
    check: str, subject: str, figure: tuple[Marks, float], summary: str, advice: str
) -> Finding | None:
    marks, value = figure
    severity = marks.severity(value)
    if severity is None:
        return None
    mark = marks.critical if severity is Severity.CRITICAL else marks.warning
    return Finding(check, subject, severity, summary, advice, float(value), float(mark))
