"""SQLAlchemy tables, one aggregate a file; importing this package registers them all."""

from core.model.access import ApiKey
from core.model.base import Base
from core.model.deadletters import DeadLetter
from core.model.events import Event, EventId, PayloadDictionary
from core.model.fleet import Agent, Leader
from core.model.idempotency import IdempotencyKey
from core.model.inbox import InboxRow, SpoolProgress
from core.model.issues import Issue, IssueFingerprint, IssueMerge, IssueTransition, Signal
from core.model.projects import Project, ProjectKey
from core.model.rollups import BookEntry, ComponentMinute, IssueMinute
from core.model.schedules import Schedule, ScheduleRun
from core.model.work import WorkHold, WorkItem

__all__ = [
    "Agent",
    "ApiKey",
    "Base",
    "BookEntry",
    "ComponentMinute",
    "DeadLetter",
    "Event",
    "EventId",
    "IdempotencyKey",
    "InboxRow",
    "Issue",
    "IssueFingerprint",
    "IssueMerge",
    "IssueMinute",
    "IssueTransition",
    "Leader",
    "PayloadDictionary",
    "Project",
    "ProjectKey",
    "Schedule",
    "ScheduleRun",
    "Signal",
    "SpoolProgress",
    "WorkHold",
    "WorkItem",
]
