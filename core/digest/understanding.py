"""The pure part: from an inbox row to an event that is read, scrubbed, analysed and packed as JSON.

Nothing that one event contains may stop the others of its batch, or come back for ever: where our
own code fails on it, the event is stored as it was read, under an issue that names the failure.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
import structlog

from core.analysis import CURRENT, NO_RULES, Algorithm, Knowledge, RuleSet
from core.analysis.event import tag
from core.analysis.failing import PURE_FAILURES
from core.analysis.result import (
    UNRULED,
    Analysis,
    Classification,
    Grouping,
    Mechanism,
    Ruled,
    Severity,
)
from core.digest import facets
from core.digest.claim import ClaimedRow
from core.digest.event import Digested
from core.errors import Category, report
from core.errors.report import for_log
from core.intake import reader
from core.intake.rest import CONTEXT
from core.intake.scrub import clean, scrub

LONGEST_NAME: Final = 200
LONGEST_RAW: Final = 256 * 1024
UNDIGESTIBLE: Final = "undigestible"

log = structlog.get_logger()


class Marks(NamedTuple):
    """What is noted beside the analysis: by which version it was grouped, and how it was read."""

    grouping_version: int
    tags: tuple[str, ...]


def understand(
    row: ClaimedRow,
    knowledge: Knowledge,
    *,
    skew: timedelta,
    rules: RuleSet = NO_RULES,
    algorithm: Algorithm = CURRENT,
) -> Digested:
    try:
        event, tags = reader.read(row.item, skew=skew)
        scrub(event)
        marks = Marks(algorithm.version, tags)
        return _digested(row, event, marks, algorithm.analyse(event, knowledge, rules))
    except PURE_FAILURES as error:
        about = for_log(report(error))
        log.exception("digest.undigestible", event_id=row.item.event_id.hex, **about)
        return _undigestible(row, type(error).__name__, skew, algorithm.version)


def _digested(
    row: ClaimedRow, event: Mapping[str, Any], marks: Marks, analysis: Analysis
) -> Digested:
    item = row.item
    return Digested(
        row_id=row.id,
        project_id=item.project_id,
        event_id=item.event_id,
        received_at=item.received_at,
        timestamp=datetime.fromisoformat(event["timestamp"]),
        level=_level(event, analysis),
        component=_name(tag(event, "component")),
        release=_name(event.get("release")),
        environment=_name(event.get("environment")),
        analysis=analysis,
        document=orjson.dumps({"event": event, "analysis": _answer(analysis, marks)}),
        user=facets.user(event),
        trace=facets.trace(event),
        replayable=_is_replayable(event),
    )


def _is_replayable(event: Mapping[str, Any]) -> bool:
    told = event["contexts"].get(CONTEXT) if isinstance(event.get("contexts"), dict) else None
    return isinstance(told, dict) and isinstance(told.get("replay"), dict)


def _level(event: Mapping[str, Any], analysis: Analysis) -> str:
    """What is no failure is no error, though SDKs report whatever was raised as one."""
    told = _name(event.get("level")) or "error"
    return told if analysis.classification.failed else "info"


def _answer(analysis: Analysis, marks: Marks) -> dict[str, Any]:
    grouping, classification = analysis.grouping, analysis.classification
    proposal = classification.proposal
    answer = {
        "issue_key": grouping.issue_key,
        "title": grouping.title,
        "culprit": grouping.culprit,
        "mechanism": grouping.mechanism,
        "why": grouping.why,
        "category": classification.category,
        "family": classification.family,
        "transient": classification.transient,
        "severity": classification.severity,
        "confidence": classification.confidence,
        "rule": classification.rule,
        "kind": classification.kind,
        "code": classification.code,
        "http_status": classification.http_status,
        "context": dict(classification.context),
        "proposal": proposal.as_json() if proposal else None,
        "grouping_version": marks.grouping_version,
        "tags": marks.tags,
    }
    return answer if analysis.ruled is UNRULED else answer | {"rules": _rules(analysis.ruled)}


def _rules(ruled: Ruled) -> dict[str, Any]:
    """Which rules decided; `keyed`: the issue key is the rule's doing."""
    return {
        "version": ruled.version,
        "grouping": ruled.grouping or None,
        "classification": ruled.classification or None,
        "keyed": ruled.keyed,
    }


def _name(value: Any) -> str | None:
    """A short text for a column; the payload keeps the whole of it."""
    return value[:LONGEST_NAME].strip() or None if isinstance(value, str) else None


def unread(row: ClaimedRow, failure: str, *, grouping_version: int) -> Digested:
    """For a row whose content nobody may look at; it says only when it came and what it did."""
    item = row.item
    about = {
        "event_id": item.event_id.hex,
        "timestamp": item.received_at.isoformat(timespec="milliseconds"),
    }
    marks = Marks(grouping_version, (UNDIGESTIBLE,))
    return _digested(row, _plain(about, failure), marks, _unanalysed(failure))


def _undigestible(
    row: ClaimedRow, failure: str, skew: timedelta, grouping_version: int
) -> Digested:
    event, tags = reader.read(row.item, skew=skew)
    with suppress(*PURE_FAILURES):
        scrub(event)
    raw = _plain(event, failure) | {"extra": {"raw": _readable(event)}}
    marks = Marks(grouping_version, (*tags, UNDIGESTIBLE))
    return _digested(row, raw, marks, _unanalysed(failure))


def _plain(event: Mapping[str, Any], failure: str) -> dict[str, Any]:
    return {
        "event_id": event["event_id"],
        "timestamp": event["timestamp"],
        "level": "error",
        "platform": "other",
        "logentry": {"formatted": f"An event that could not be digested: {failure}"},
        "tags": {"mendline.undigestible": failure},
    }


def _readable(event: Mapping[str, Any]) -> str:
    """Whatever the event is made of, as text without the secrets that show themselves."""
    try:
        text = orjson.dumps(event, default=repr).decode()
    except (TypeError, ValueError):
        text = repr(event)
    plain = text[:LONGEST_RAW].replace("\x00", "").encode(errors="replace").decode()
    return clean(plain)


def _unanalysed(failure: str) -> Analysis:
    key = hashlib.sha256(f"undigestible:{failure}".encode()).hexdigest()[:32]
    return Analysis(
        Grouping(
            issue_key=key,
            title=f"Undigestible event: {failure}",
            culprit="",
            mechanism=Mechanism.MESSAGE,
            why=(f"digest:{failure}",),
        ),
        Classification(
            category=Category.UNKNOWN,
            family="unknown",
            transient=False,
            severity=Severity.MEDIUM,
            confidence=0.0,
            rule=UNDIGESTIBLE,
        ),
    )
