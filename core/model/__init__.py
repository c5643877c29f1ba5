"""SQLAlchemy tables, one aggregate a file; importing this package registers them all."""

from core.model.access import ApiKey
from core.model.alert_groups import (
    AlertDecision,
    AlertFlush,
    AlertGroup,
    AlertGroupMember,
    Incident,
    IncidentAlert,
    SilenceRow,
)
from core.model.alert_memories import AlertMemory, AlertRanking
from core.model.alerts import (
    Alert,
    AlertClock,
    AlertNote,
    AlertRule,
    AlertRuleVersion,
    AlertTransition,
    GaugeMinute,
)
from core.model.audit import AuditEntry
from core.model.backups import BackupRun
from core.model.base import Base
from core.model.breakers import Breaker, BreakerTransition
from core.model.deadletters import DeadLetter, KnownTask, LetterEdit
from core.model.deliveries import DeliveryAttempt, Notification
from core.model.events import Event, EventId, PayloadDictionary
from core.model.fleet import Agent, Leader, PoolLoad, PoolOverride, ScaleDecision
from core.model.hooks import Hook, HookDelivery, HookOccasion
from core.model.housekeeping import EventDay, KeptEvent, MaintenanceFinding, MaintenanceRun
from core.model.idempotency import IdempotencyKey
from core.model.inbox import InboxRow, SpoolProgress
from core.model.insight import (
    CorrelationGroup,
    CorrelationMember,
    Deploy,
    Facet,
    IssueFacet,
    IssueShape,
    IssueVisitor,
    MarkCount,
    MergeSuggestion,
    Sighting,
    Visitor,
    VisitorLimit,
)
from core.model.issues import Issue, IssueFingerprint, IssueMerge, IssueTransition, Signal
from core.model.logs import LogLine
from core.model.patterns import IssuePattern, MessagePattern, PatternAlias
from core.model.poison import DigestFlight, MessageDelivery
from core.model.projects import Project, ProjectKey
from core.model.recovery import (
    Recovery,
    RecoveryAttempt,
    RecoveryPolicy,
    RecoveryTarget,
    RecoveryTransition,
)
from core.model.replays import ReplayItem, ReplayRun
from core.model.rollups import BookEntry, ComponentMinute, IssueMinute
from core.model.rules import ProjectRules, RuleHits
from core.model.schedules import Schedule, ScheduleRun
from core.model.switches import Switch, SwitchChange
from core.model.transactions import RetryMark, RetryRate, Saga, SagaStep, Transaction
from core.model.work import WorkHold, WorkItem

__all__ = [
    "Agent",
    "Alert",
    "AlertClock",
    "AlertDecision",
    "AlertFlush",
    "AlertGroup",
    "AlertGroupMember",
    "AlertMemory",
    "AlertNote",
    "AlertRanking",
    "AlertRule",
    "AlertRuleVersion",
    "AlertTransition",
    "ApiKey",
    "AuditEntry",
    "BackupRun",
    "Base",
    "BookEntry",
    "Breaker",
    "BreakerTransition",
    "ComponentMinute",
    "CorrelationGroup",
    "CorrelationMember",
    "DeadLetter",
    "DeliveryAttempt",
    "Deploy",
    "DigestFlight",
    "Event",
    "EventDay",
    "EventId",
    "Facet",
    "GaugeMinute",
    "Hook",
    "HookDelivery",
    "HookOccasion",
    "IdempotencyKey",
    "InboxRow",
    "Incident",
    "IncidentAlert",
    "Issue",
    "IssueFacet",
    "IssueFingerprint",
    "IssueMerge",
    "IssueMinute",
    "IssuePattern",
    "IssueShape",
    "IssueTransition",
    "IssueVisitor",
    "KeptEvent",
    "KnownTask",
    "Leader",
    "LetterEdit",
    "LogLine",
    "MaintenanceFinding",
    "MaintenanceRun",
    "MarkCount",
    "MergeSuggestion",
    "MessageDelivery",
    "MessagePattern",
    "Notification",
    "PatternAlias",
    "PayloadDictionary",
    "PoolLoad",
    "PoolOverride",
    "Project",
    "ProjectKey",
    "ProjectRules",
    "Recovery",
    "RecoveryAttempt",
    "RecoveryPolicy",
    "RecoveryTarget",
    "RecoveryTransition",
    "ReplayItem",
    "ReplayRun",
    "RetryMark",
    "RetryRate",
    "RuleHits",
    "Saga",
    "SagaStep",
    "ScaleDecision",
    "Schedule",
    "ScheduleRun",
    "Sighting",
    "Signal",
    "SilenceRow",
    "SpoolProgress",
    "Switch",
    "SwitchChange",
    "Transaction",
    "Visitor",
    "VisitorLimit",
    "WorkHold",
    "WorkItem",
]
