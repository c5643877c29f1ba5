"""Settings, servers, disk: what has to be there before there are any rows."""

import shutil
from pathlib import Path
from typing import Final

from sqlalchemy import text

from cli.checks.finding import Finding, note, ok, wrong
from config import wiring
from config.effective import unknown_variables
from config.settings import Settings
from core.clock import Clock
from core.store import schema
from core.store.engine import Database
from core.store.schema import Fit

POSTGRES: Final = 15
REDIS: Final = (6, 2)
CLOCK_SECONDS: Final = 5.0
DISK_LEAST: Final = 512 * 2**20
DISK_LOW: Final = 0.1  # share of the disk below which it is time to look


def settings(found: Settings) -> Finding:
    unknown = unknown_variables()
    if unknown:
        return note(
            "settings",
            f"not a setting: {', '.join(unknown)}",
            "Is it mistyped? `mendline config show` lists the names.",
        )
    return ok("settings", f"data directory {found.data_dir.absolute()}")


def channels(found: Settings) -> Finding:
    """What alerts are told on; a channel that cannot be used costs itself, so it is a note."""
    book, problems = wiring.channels(found)
    if problems:
        advice = "Mend the file of channels, or set what it asks for: `mendline alert channels`."
        return note("channels", "; ".join(problems), advice)
    return ok("channels", ", ".join(book.names) or "none is declared")


def database(opened: Database) -> Finding:
    with opened.transaction() as session:
        number = int(session.execute(text("SHOW server_version_num")).scalar_one())
    version = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < POSTGRES * 10_000:
        return wrong("database", version, f"Mendline needs PostgreSQL {POSTGRES} or later.")
    return ok("database", version)


def revision(opened: Database) -> Finding:
    state = schema.state(opened.url)
    detail = f"{state.fit}: at {state.found}, {state.needed} is needed"
    if state.fit is Fit.NEWER:
        return wrong("schema", detail, "Use the version of Mendline that upgraded this database.")
    if not state.ready:
        return wrong("schema", detail, "Run `mendline db upgrade`.")
    return ok("schema", f"revision {state.found}")


def clock(opened: Database, ours: Clock) -> Finding:
    """The middle of the question's way is when the database answered."""
    statement = text("SELECT extract(epoch FROM clock_timestamp())")
    with opened.transaction() as session:
        session.execute(text("SELECT 1"))  # so that no connection is made in between
        before = ours.now().timestamp()
        theirs = float(session.execute(statement).scalar_one())
        difference = theirs - (before + ours.now().timestamp()) / 2
    detail = f"the database's clock is {difference:+.3f} s from ours"
    if abs(difference) > CLOCK_SECONDS:
        return wrong("clock", detail, "Set both hosts' clocks by NTP: slots and leases go by them.")
    return ok("clock", detail)


def redis(found: Settings) -> Finding:
    with wiring.redis_client(found) as client:
        version = str(client.info("server")["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < REDIS:
        least = ".".join(map(str, REDIS))
        return wrong("redis", f"Redis {version}", f"Mendline needs Redis {least} or later.")
    return ok("redis", f"Redis {version}")


def disk(found: Settings) -> Finding:
    usage = shutil.disk_usage(_existing(found.data_dir.absolute()))
    detail = f"{usage.free / 2**30:.1f} GB of {usage.total / 2**30:.1f} GB free"
    advice = "Free some, or keep less: MENDLINE_RETENTION_DAYS."
    if usage.free < DISK_LEAST:
        return wrong("disk", detail, advice)
    return (
        note("disk", detail, advice) if usage.free < DISK_LOW * usage.total else ok("disk", detail)
    )


def _existing(folder: Path) -> Path:
    """The data directory is made by the first run."""
    return next(each for each in (folder, *folder.parents) if each.exists())
