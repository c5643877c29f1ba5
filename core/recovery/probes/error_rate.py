"""Looks how many errors came in lately, from the counts by the minute."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, func, select

from core.clock import Clock
from core.model import ComponentMinute, IssueMinute
from core.recovery.arguments import Arguments
from core.recovery.probe import Finding, Question
from core.store.engine import Database

MINUTE: Final = 60  # the resolution of rows that are counted by the minute
LARGEST: Final = 2**63 - 1


class ErrorRateProbe:
    """`{"at_most": errors a minute, "minutes"?: 1, "issue_id"}`, or `"project_id"` and
    `"component"` instead of the issue.

    The minute that has begun counts with those before it.
    """

    name = "error_rate"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(self, question: Question) -> Finding:
        with Arguments("The probe error_rate", question.arguments) as given:
            at_most = given.number("at_most", low=0, high=1e9)
            minutes = given.whole("minutes", 1, low=1, high=60)
            counted = _counted(given, of_issue="issue_id" in question.arguments)
        start = self._clock.monotonic()
        this_minute = self._clock.now().replace(second=0, microsecond=0)
        since = this_minute - timedelta(minutes=minutes - 1)
        with self._database.transaction() as session:
            found = session.scalar(counted, {"since": since}) or 0
        summary = f"{found} errors in {minutes} min, at most {at_most * minutes:g} are well"
        return Finding(found <= at_most * minutes, summary, self._clock.monotonic() - start)


def _counted(given: Arguments, *, of_issue: bool) -> Select[Any]:
    since: BindParameter[Any] = bindparam("since")
    if of_issue:
        issue = given.whole("issue_id", low=0, high=LARGEST)
        return select(func.sum(IssueMinute.events)).where(
            IssueMinute.issue_id == issue,
            IssueMinute.resolution == MINUTE,
            IssueMinute.minute >= since,
        )
    project = given.whole("project_id", low=0, high=LARGEST)
    return select(func.sum(ComponentMinute.events)).where(
        ComponentMinute.project_id == project,
        ComponentMinute.component == given.text("component"),
        ComponentMinute.resolution == MINUTE,
        ComponentMinute.minute >= since,
    )
