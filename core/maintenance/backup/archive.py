"""The second tier: base backups and every change since, for a restore to any moment.

1. A replication slot makes the server keep its log of changes until it was received here.
2. Each round receives what was written since the last one, the unfinished segment included.
3. A base backup is a copy of the whole cluster, checked against its own manifest.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import orjson
from psycopg.errors import LockNotAvailable

from core.clock import Clock
from core.maintenance.backup import checking, programs, snapshot
from core.maintenance.backup.problems import (
    BackupNotFoundError,
    BackupRunningError,
    MissingRightError,
)
from core.maintenance.backup.programs import Programs, Target
from core.maintenance.backup.snapshot import Connection

SLOT: Final = "mendline_archive"
LOCK: Final = 0x4D454E46
STAMP: Final = "base-%Y%m%dT%H%M%S.%fZ"  # two may be made within a second
CLOSED: Final = "closed-%Y%m%dT%H%M%SZ"
FACTS: Final = "mendline.json"
RECEIVED: Final = "received.json"
LOST: Final = ("lost", "unreserved")
NONE: Final = timedelta()
PATIENCE: Final = timedelta(minutes=10)  # many times what a round takes
RIGHTS: Final = """
    SELECT current_user AS name, rolreplication OR rolsuper AS replication,
        current_setting('wal_level') AS wal_level,
        current_setting('max_wal_senders')::int AS senders,
        current_setting('max_replication_slots')::int AS slots,
        pg_is_in_recovery() AS standby
    FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Base:
    """A copy of the cluster; restores reach moments after `finished_at`."""

    path: Path
    finished_at: datetime
    seconds: float
    bytes: int
    server: str
    first_segment: str
    verified_by: str

    @classmethod
    def read(cls, path: Path) -> Self:
        found = orjson.loads((path / FACTS).read_bytes())
        return cls(path, datetime.fromisoformat(found.pop("finished_at")), **found)


@dataclass(frozen=True, slots=True)
class Received:
    """`until`: by the server's clock, everything committed up to then is in the archive."""

    until: datetime
    place: str
    segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """`folder` has `wal` and the base backups beside it. `bases`: how many of them stay."""

    target: Target
    folder: Path
    clock: Clock
    programs: Path | None = None
    bases: int = 2

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def missing(self) -> list[str]:
        """What stands in the way, in sentences; nothing where all rights exist."""
        with snapshot.connected(self.target) as connection:
            return _missing(connection)

    def receive(self, *, patience: timedelta = NONE) -> Received:
        """`patience`: for how long another process may be at the archive."""
        self.wal.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone(patience) as connection:
            self._require_slot(connection)
            end = _end(connection)
            argv = [
                *self._program(connection, "pg_receivewal"),
                f"--directory={self.wal}",
                f"--slot={SLOT}",
                "--synchronous",
                "--no-loop",
                f"--endpos={end['place']}",
            ]
            programs.run(argv, self.target)
        found = Received(end["at"], end["place"], len(_segments(self.wal)))
        facts = {"until": found.until, "place": found.place}
        draft = self.folder / f"{RECEIVED}.draft"
        draft.write_bytes(orjson.dumps(facts))
        draft.replace(self.folder / RECEIVED)  # on a full disk the one before stays
        return found

    def base(self) -> Base:
        """Whole and verified, or not there. What no base backup needs any longer goes."""
        self.receive(patience=PATIENCE)
        begun = self.clock.monotonic()
        with self._alone(PATIENCE) as connection:
            draft = self._draft()
            try:
                by = self._copy(connection, draft)
                made = self._named(connection, draft, begun=begun, verified_by=by)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        self._prune()
        return made

    def found(self) -> list[Base]:
        """Newest first."""
        paths = sorted(self.folder.glob("base-*"), reverse=True)
        return [Base.read(path) for path in paths if (path / FACTS).is_file()]

    def received(self) -> datetime | None:
        file = self.folder / RECEIVED
        if not file.is_file():
            return None
        return datetime.fromisoformat(orjson.loads(file.read_bytes())["until"])

    def drop(self) -> None:
        """The server need not keep its log for us any longer; the files stay."""
        with self._alone() as connection:
            connection.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE slot_name = %s",
                [SLOT],
            )

    def base_for(self, moment: datetime | None) -> Base:
        """The last base backup before that moment."""
        until = self.received()
        if moment is not None and (until is None or moment > until):
            raise BackupNotFoundError(f"The archive reaches until {until}, not to {moment}.")
        for each in self.found():
            if moment is None or each.finished_at <= moment:
                return each
        raise BackupNotFoundError(f"No base backup in {self.folder} is older than {moment}.")

    @contextmanager
    def _alone(self, patience: timedelta = NONE) -> Iterator[Connection]:
        with snapshot.connected(self.target) as connection:
            missing = _missing(connection)
            if missing:
                raise MissingRightError(
                    f"A continuous archive is not possible: {' '.join(missing)}"
                )
            _lock(connection, patience)
            yield connection

    def _require_slot(self, connection: Connection) -> None:
        """One that the server gave up is made anew; after such a gap the archive begins again."""
        row = connection.execute(
            "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", [SLOT]
        ).fetchone()
        if row is not None and row["wal_status"] not in LOST:
            return
        if row is not None:
            connection.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
        self._close()
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [SLOT])

    def _close(self) -> None:
        """What was archived before a gap is put aside, in the place of what was before."""
        held = [*self.folder.glob("base-*"), *self.folder.glob(RECEIVED), self.wal]
        if not _segments(self.wal):
            return
        for older in self.folder.glob("closed-*"):
            shutil.rmtree(older)
        closed = self.folder / f"{self.clock.now():{CLOSED}}"
        closed.mkdir(mode=0o700)
        for each in held:
            each.rename(closed / each.name)
        self.wal.mkdir(mode=0o700)

    def _program(self, connection: Connection, name: str) -> list[str]:
        found = Programs(snapshot.server(connection).major, self.programs).path(name)
        return [found, "--no-password", f"--dbname={self.target.plain}"]

    def _draft(self) -> Path:
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        return draft

    def _copy(self, connection: Connection, draft: Path) -> str:
        argv = [
            *self._program(connection, "pg_basebackup"),
            f"--pgdata={draft}",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
        ]
        programs.run(argv, self.target)
        return checking.check(draft, snapshot.server(connection).major, self.target, self.programs)

    def _named(
        self, connection: Connection, draft: Path, *, begun: float, verified_by: str
    ) -> Base:
        at = snapshot.one(connection, "SELECT clock_timestamp() AS at")["at"]
        facts = {
            "finished_at": at,
            "seconds": round(self.clock.monotonic() - begun, 3),
            "bytes": sum(file.stat().st_size for file in draft.rglob("*") if file.is_file()),
            "server": snapshot.server(connection).version,
            "first_segment": _first_segment(draft),
            "verified_by": verified_by,
        }
        (draft / FACTS).write_bytes(orjson.dumps(facts))
        path = self.folder / f"{at:{STAMP}}"
        draft.rename(path)
        return Base.read(path)

    def _prune(self) -> None:
        bases = self.found()
        for old in bases[self.bases :]:
            shutil.rmtree(old.path)
        oldest = bases[: self.bases][-1].first_segment
        for segment in _segments(self.wal):
            if segment.name[:24] < oldest:
                segment.unlink()


def verify(base: Base, target: Target, folder: Path | None = None) -> str:
    """The files of a base backup against its own manifest; answers with what it was checked by."""
    return checking.check(base.path, int(base.server.split(".")[0]), target, folder)


def _missing(connection: Connection) -> list[str]:
    row = snapshot.one(connection, RIGHTS)
    wanted = {
        f"The user {row['name']} may not replicate: ALTER ROLE {row['name']} REPLICATION.": row[
            "replication"
        ],
        "wal_level is minimal; set it to replica and restart the server.": row["wal_level"]
        != "minimal",
        "max_wal_senders is below 2.": row["senders"] >= 2,  # noqa: PLR2004 (base backup and log)
        "max_replication_slots is 0.": row["slots"] > 0,
        "The server is a standby; archive its primary.": not row["standby"],
    }
    return [sentence for sentence, fulfilled in wanted.items() if not fulfilled]


def _lock(connection: Connection, patience: timedelta) -> None:
    """Until the connection ends."""
    milliseconds = max(int(patience.total_seconds() * 1000), 1)  # 0 would be for ever
    connection.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    except LockNotAvailable as error:
        raise BackupRunningError("Another process is at the archive.") from error
    connection.execute("SELECT set_config('lock_timeout', '0', false)")


def _end(connection: Connection) -> dict[str, Any]:
    """Where the log ends now. One more record makes the receiver see that it has come there."""
    end = snapshot.one(
        connection, "SELECT pg_current_wal_insert_lsn()::text AS place, clock_timestamp() AS at"
    )
    connection.execute("SELECT pg_logical_emit_message(true, 'mendline', 'archived')")
    return end


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9A-F]" * 24 + "*"))


def _first_segment(base: Path) -> str:
    """From the label: `START WAL LOCATION: 0/2000028 (file 000000010000000000000002)`."""
    first = (base / "backup_label").read_text().splitlines()[0]
    return first.partition("(file ")[2].rstrip(")")
