"""Background tasks: time limits, lost workers, retries used up, tasks nobody knows."""

import re

from core.analysis.event import mapping, tag, text
from core.analysis.family import Facts, Family, found

_LIBRARIES = frozenset(
    {
        "celery",
        "billiard",
        "kombu.exceptions",
        "rq",
        "dramatiq",
        "huey",
        "apscheduler",
        "sidekiq",
        "bullmq",
        "activejob",
        "hangfire",
        "airflow",
        "prefect",
    }
)
_TYPES = frozenset(
    {
        "SoftTimeLimitExceeded",
        "TimeLimitExceeded",
        "WorkerLostError",
        "MaxRetriesExceededError",
        "TaskRevokedError",
        "ChordError",
        "NotRegistered",
    }
)
_PATTERNS = {
    "task": re.compile(
        r"\b[Tt]ask ['\"]?([\w]{1,60}(?:\.[\w]{1,60}){1,8})"
        r"|unregistered task of type ['\"]([\w.]{1,100})['\"]"
    ),
    "limit": re.compile(r"\b(?:TimeLimitExceeded|time limit)\W{1,3}(\d{1,8}(?:\.\d)?)"),
    "signal": re.compile(r"\bsignal (\d{1,2})\b|\((SIG[A-Z]{3,5})\)"),
    "job": re.compile(r"\b[Jj]ob:? ['\"]?([0-9a-f-]{8,36})\b"),
}


def weight(facts: Facts) -> float:
    if facts.type in _TYPES:
        return 0.97
    if facts.from_library(_LIBRARIES):
        return 0.92
    return (
        0.65
        if facts.component in ("task", "worker", "celery", "queue", "job", "scheduler")
        else 0.0
    )


def context(facts: Facts) -> dict[str, str]:
    details = found(_PATTERNS, facts.message)
    job = mapping(mapping(facts.event.raw.get("extra")).get("celery-job"))
    name = text(job.get("task_name")) or tag(facts.event.raw, "celery_task_name")
    if name:
        details["task"] = name[:120]
    return details


FAMILY = Family("task", weight, context)
