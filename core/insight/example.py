"""One event that stands for an issue: the newest that is kept, else what its title says."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.model import Issue
from core.store import events, issues
from core.store.payloads import Payloads

# First seen is a client's time; when events came in is ours.
_SLACK: Final = timedelta(days=2)


def of_issue(session: Session, issue: Issue, payloads: Payloads) -> Mapping[str, Any]:
    family = issues.family(session, issue.id)
    newest = events.newest(session, family, since=issue.first_seen - _SLACK)
    if newest is None or not newest.payload:
        return {"message": issue.title, "level": issue.level}
    document = payloads.unpack(session, newest.payload, newest.dictionary_id)
    event: Mapping[str, Any] = document["event"]
    return event
