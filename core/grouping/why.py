"""Why an event is in its issue: what decided its key, and how the key leads there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import any_, literal, select
from sqlalchemy.orm import Session

from core.analysis import GROUPING_VERSION
from core.model import IssueFingerprint, IssueMerge
from core.store.events import StoredEvent
from core.store.payloads import Payloads

_DECIDED: Final = {
    "fingerprint": "A custom fingerprint",
    "stacktrace": "The stack trace",
    "exception": "The exception's type and message",
    "message": "The message",
}


@dataclass(frozen=True, slots=True)
class RuleNamed:
    """A rule of the project, and the version of its file."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class MergeNamed:
    source_id: int
    target_id: int
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """`parts` went into the key. `merges` lead from the issue it was filed under to the one that
    shows it. `carried_from`: the key of an older version that this one came from.

    Of an event whose payload was thinned out only the way is known; `issue_key` is empty then.
    """

    event_id: str
    issue_id: int
    filed_under: int
    issue_key: str
    mechanism: str
    parts: tuple[str, ...]
    grouping_version: int | None
    rule: RuleNamed | None
    classification_rule: RuleNamed | None
    merges: tuple[MergeNamed, ...]
    carried_from: str | None
    in_words: tuple[str, ...]


def explain(session: Session, found: StoredEvent, payloads: Payloads) -> Why:
    event = found.event
    document: dict[str, Any] = {}
    if event.payload is not None:
        document = payloads.unpack(session, event.payload, event.dictionary_id)
    analysis = document.get("analysis") or {}
    rules = analysis.get("rules") or {}
    issue_key = analysis.get("issue_key") or ""
    key = session.get(IssueFingerprint, (event.project_id, issue_key)) if issue_key else None
    made = Why(
        event_id=event.event_id.hex,
        issue_id=found.issue.id,
        filed_under=event.issue_id,
        issue_key=issue_key,
        mechanism=analysis.get("mechanism") or "",
        parts=tuple(analysis.get("why") or ()),
        grouping_version=analysis.get("grouping_version"),
        rule=_named(rules, "grouping"),
        classification_rule=_named(rules, "classification"),
        merges=_merges(session, event.issue_id, key, found.issue.id),
        carried_from=key.carried_from if key else None,
        in_words=(),
    )
    return replace(made, in_words=tuple(_sentences(made, key)))


def _named(rules: dict[str, Any], kind: str) -> RuleNamed | None:
    name = rules.get(kind)
    return RuleNamed(name, int(rules.get("version") or 0)) if name else None


def _merges(
    session: Session, filed_under: int, key: IssueFingerprint | None, shown_in: int
) -> tuple[MergeNamed, ...]:
    """The way from the issue that the event was filed under, else the merge that moved its key."""
    way: list[MergeNamed] = []
    place = filed_under
    live = select(IssueMerge).where(IssueMerge.undone_at.is_(None))
    while place != shown_in:
        step = session.scalar(live.where(IssueMerge.source_id == place))
        if step is None:
            break
        way.append(_merge(step))
        place = step.target_id
    if not way and key is not None:
        moved = live.where(
            IssueMerge.target_id == shown_in, literal(key.issue_key) == any_(IssueMerge.issue_keys)
        )
        way = [_merge(step) for step in session.scalars(moved.order_by(IssueMerge.id))]
    return tuple(way)


def _merge(row: IssueMerge) -> MergeNamed:
    return MergeNamed(row.source_id, row.target_id, row.actor, row.at)


def _sentences(why: Why, key: IssueFingerprint | None) -> Iterator[str]:
    if not why.issue_key:
        yield f"Its payload is gone; it was filed under issue {why.filed_under}."
    elif why.rule:
        yield f"The rule {why.rule.name!r} (version {why.rule.version} of the rules) matched."
    if why.issue_key:
        yield f"{_DECIDED.get(why.mechanism, why.mechanism)} decided the key {why.issue_key}."
    if key is not None and key.carried_from:
        yield f"The key was found from the older key {key.carried_from} and leads where that led."
    if why.grouping_version is not None and why.grouping_version < GROUPING_VERSION:
        yield (
            f"It was grouped by version {why.grouping_version}; now {GROUPING_VERSION} is used, and"
            " its key still leads to its issue."
        )
    for merge in why.merges:
        at = merge.at.date().isoformat()
        yield f"{merge.actor} merged issue {merge.source_id} into {merge.target_id} on {at}."
