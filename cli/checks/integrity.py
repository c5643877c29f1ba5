"""The deep look, as findings: what was found, and what was mended."""

from datetime import date, datetime

from cli.checks.finding import Finding, note, ok, wrong
from core.maintenance.integrity import counts, orphans, payloads, tables
from core.maintenance.integrity.check import Check, Outcome, examine
from core.store.engine import Database

NOBODY = "Keep the logs of the time in question and report it: this must not happen."


def checks(*, since: date, now: datetime) -> list[Check]:
    """Orphans first: counts are compared with what is left."""
    return [*tables.checks(now), *orphans.checks(), *counts.checks(since), *payloads.checks()]


def finding(opened: Database, check: Check, *, fix: bool) -> Finding:
    return _told(examine(opened, check, fix=fix))


def _told(outcome: Outcome) -> Finding:
    name = outcome.check.name
    if outcome.left is not None:
        detail = "; ".join(filter(None, (outcome.left.detail, outcome.done)))
        advice = NOBODY if outcome.done else outcome.check.advice
        return wrong(name, detail, advice)
    if outcome.found is not None:
        return note(name, f"{outcome.found.detail}; mended: {outcome.done}", NOBODY)
    return ok(name, "in order")
