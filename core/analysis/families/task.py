"""Background tasks: time limits, lost workers, retries used up, tasks nobody knows."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.event import mapping, tag, text
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.errors import Category

_LIBRARIES = frozenset({
    "celery", "billiard", "kombu.exceptions", "rq", "dramatiq", "huey", "apscheduler", "sidekiq",
    "bullmq", "activejob", "hangfire", "airflow", "prefect", "arq", "procrastinate", "luigi",
    "org.quartz", "resque", "delayedjob", "oban", "asynq", "temporalio", "illuminate.queue",
})  # fmt: skip
_TYPES = frozenset({
    "SoftTimeLimitExceeded", "TimeLimitExceeded", "WorkerLostError", "MaxRetriesExceededError",
    "TaskRevokedError", "ChordError", "NotRegistered", "JobTimeoutException",
    "MaxAttemptsExceededException", "WorkHorseKilledException", "AbandonedJobError",
})  # fmt: skip
_COMPONENTS = frozenset({
    "task", "tasks", "worker", "workers", "celery", "queue", "job", "jobs", "scheduler", "cron",
})  # fmt: skip
# Ways in which a program tells Celery what to do with a task. No failures, though raised.
_SIGNALS = frozenset({"Retry", "Ignore", "Reject", "RetryTaskError"})
_HOMES = frozenset({"celery", "celery.exceptions"})
_RETRY = re.compile(r"Retry(?:\(| in \d)")
_DETAILS = (
    Detail("task",
           re.compile(r"\b[Tt]ask ['\"]?(\w{1,60}(?:\.\w{1,60}){1,8})"
                      r"|unregistered task of type ['\"]([\w.]{1,100})['\"]"
                      r"|\bCan't retry (\w{1,60}(?:\.\w{1,60}){0,8})\[")),
    Detail("task_id",
           re.compile(r"\[([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\]")),
    Detail("limit",
           re.compile(r"\b(?:TimeLimitExceeded|time limit)\W{1,3}(\d{1,8}(?:\.\d)?)"
                      r"|\bmaximum timeout value \((\d{1,8})", re.IGNORECASE),
           ("limit", "timeout")),
    Detail("signal", re.compile(r"\bsignal (\d{1,2})\b|\((SIG[A-Z]{3,5})\)"), ("sig",)),
    Detail("exit_code", re.compile(r"\bexit ?code:? (-?\d{1,3})\b"), ("exit",)),
    Detail("job", re.compile(r"\b[Jj]ob:? ['\"]?([0-9a-f-]{2,36})\b"), ("job",)),
    Detail("retry_after", re.compile(r"\bRetry in (\d{1,7}(?:\.\d{1,3})?)s\b"), ("retry in",)),
    Detail("attempts", re.compile(r"\b(\d{1,4}) (?:attempts|retries)\b|\bretries[:=] ?(\d{1,4})"),
           ("attempts", "retries")),
)  # fmt: skip
_TOLD = {
    "task": "task", "task_name": "task", "celery_task_name": "task", "job_class": "task",
    "task_id": "task_id", "celery_task_id": "task_id", "job_id": "job", "queue": "queue",
    "time_limit": "limit", "timeout": "limit", "retries": "attempts", "attempt": "attempts",
    "signal": "signal", "exit_code": "exit_code", "exitcode": "exit_code", "worker": "worker",
    "hostname": "worker", "countdown": "retry_after",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "retry", "The task asked to be run again; no failure.", 202,
        types=("Retry", "RetryTaskError", "Requeue"), words=("retry in ", "retry("),
        again=Advice.NONE, never=Advice.NONE, severity=Severity.INFO,
    ),
    Kind("ignore", "The task asked to leave its state alone; no failure.", 202, types=("Ignore",),
         again=Advice.NONE, never=Advice.NONE, severity=Severity.INFO),
    Kind("reject", "The task handed its message back to the broker; no failure.", 202,
         types=("Reject",), words=("reject requeue",),
         again=Advice.NONE, never=Advice.NONE, severity=Severity.INFO),
    Kind(
        "soft_time_limit", "The task was asked to end: it ran for too long.", 504,
        types=("SoftTimeLimitExceeded",), words=("soft time limit", "softtimelimit"),
    ),
    Kind(
        "time_limit", "The task was ended: it ran for too long.", 504,
        types=("TimeLimitExceeded", "JobTimeoutException", "TimeLimit", "AirflowTaskTimeout"),
        words=("time limit", "timelimit", "exceeded maximum timeout"),
    ),
    Kind(
        "worker_lost", "The process that ran the task is gone.", 503,
        types=("WorkerLostError", "WorkerShutdown", "WorkHorseKilledException", "AbandonedJobError",
               "WorkerTerminate", "DeadlockError"),
        words=("worker exited prematurely", "work-horse", "worker lost", "worker was killed",
               "zombie job"),
    ),
    Kind(
        "max_retries", "Every attempt of the task failed.", 500,
        types=("MaxRetriesExceededError", "RetriesExceeded", "MaxAttemptsExceededException"),
        words=("max retries", "attempted too many times", "retries exceeded"),
        again=Advice.ESCALATE, never=Advice.ESCALATE,
    ),
    Kind("revoked", "The task was called off.", 499, types=("TaskRevokedError", "JobAborted"),
         words=("revoked",), categories=(Category.CANCELLED,), never=Advice.NONE),
    Kind(
        "not_registered", "No worker knows a task of this name.", 500,
        types=("NotRegistered", "ActorNotFound", "TaskNotFound", "NoSuchJobError"),
        words=("unregistered task", "is not registered", "no such task"), never=Advice.ESCALATE,
    ),
    Kind("chord", "A task of a group failed, so what follows it did not run.", 500,
         types=("ChordError",), words=("chord", "dependency ", "upstream_failed")),
    Kind(
        "serialization", "Arguments or a result cannot be sent.", 500,
        types=("EncodeError", "DecodeError", "ContentDisallowed", "SerializerNotInstalled",
               "UnpickleableExceptionWrapper", "PicklingError"),
        words=("not json serializable", "can't pickle", "cannot pickle", "untrusted content",
               "refusing to deserialize"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "broker", "The broker cannot be reached.", 503,
        types=("BrokerUnreachableException",), vague=("OperationalError",),
        words=("cannot connect to amqp", "cannot connect to redis", "broker"),
        categories=(Category.CONNECTION, Category.UNAVAILABLE), again=Advice.CIRCUIT_BREAK,
    ),
    Kind("result", "The result backend failed, or has no result yet.", 504,
         types=("BackendGetMetaError", "BackendStoreError", "ResultTimeout"),
         words=("result backend", "backend"), categories=(Category.TIMEOUT,)),
    Kind("memory", "The task needs more memory than it may.", 507,
         categories=(Category.RESOURCE,)),
    Kind("schedule", "A schedule or a queue is not set up correctly.", 500,
         types=("SchedulingError", "QueueNotFound", "ImproperlyConfigured"),
         categories=(Category.CONFIG,)),
    Kind("failed", "The task failed.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.type in _TYPES or _is_signal(facts):
        return 0.97
    if facts.from_library(_LIBRARIES):
        return 0.92
    return 0.65 if facts.of_component(_COMPONENTS) else 0.0


def _is_signal(facts: Facts) -> bool:
    if facts.type not in _SIGNALS:
        return False
    return not facts.modules or facts.from_library(_HOMES)


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    job = mapping(mapping(facts.event.raw.get("extra")).get("celery-job"))
    name = text(job.get("task_name")) or tag(facts.event.raw, "celery_task_name")
    if name:
        details["task"] = name[:120]
    return details


FAMILY = Family(
    "task",
    "TASK",
    "Background tasks, their workers and their schedules.",
    weight,
    context,
    _KINDS,
)
