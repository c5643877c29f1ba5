"""The books, as findings."""

from typing import Any

from cli.checks.finding import Finding, ok, wrong
from core.maintenance.proof import Contradiction, Evidence, contradictions

ADVICE = "Keep the logs of the time in question and report it: this must not happen."


def findings(evidence: Evidence) -> list[Finding]:
    """One for the books as a whole, and one for each pair of numbers that differ."""
    found = contradictions(evidence)
    name = "books" if not found else "books as read"
    summary = ok(name, sentence(evidence))
    return [summary, *(_contradiction(each) for each in found)]


def sentence(evidence: Evidence) -> str:
    return (
        "received {received} = accepted {accepted} + rejected {rejected} + skipped {skipped}; "
        "accepted {accepted} = stored {stored} + duplicates {duplicates} + pending {pending}"
    ).format(**(figures(evidence) | {"rejected": sum(evidence.totals.rejected.values())}))


def figures(evidence: Evidence) -> dict[str, Any]:
    """What waits in the spool was answered with 200, so it is accepted and pending."""
    totals = evidence.totals
    return {
        "received": totals.received + evidence.spooled,
        "accepted": totals.accepted + evidence.spooled,
        "stored": totals.stored,
        "thinned": totals.thinned,
        "duplicates": totals.duplicates,
        "pending": totals.pending + evidence.spooled,
        "spooled": evidence.spooled,
        "skipped": totals.skipped,
        "rejected": dict(totals.rejected),
    }


def _contradiction(each: Contradiction) -> Finding:
    where = f" (project {each.project_id}, {each.day})" if each.day else ""
    return wrong("books", f"{each.what}: {each.expected} ≠ {each.found}{where}", ADVICE)
