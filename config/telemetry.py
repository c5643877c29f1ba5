"""Every metric that Mendline counts, and how the counts of its processes become one page.

Processes of one host share a directory of files (`PROMETHEUS_MULTIPROC_DIR`, which must be in the
environment before this module is imported). No label takes ids, names of users or texts of errors.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

DIRECTORY_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
LOCK: Final = "lock"
RETIRED: Final = "retired"  # stands where a process id stands in the names of the files

FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

# Intake
EVENTS_ACCEPTED: Final = Counter(
    "mendline_events_accepted", "Events made durable, by the way they came in", ["kind"]
)
EVENTS_REJECTED: Final = Counter("mendline_events_rejected", "Events refused", ["reason"])
EVENTS_SKIPPED: Final = Counter(
    "mendline_events_skipped", "Items that are not errors, answered with 200", ["reason"]
)
INTAKE_COMMITS: Final = Histogram(
    "mendline_intake_commit_events", "Events that shared one commit", buckets=SIZES
)
SPOOL_BYTES: Final = Gauge(
    "mendline_spool_bytes",
    "Bytes waiting in the spool of this host",
    multiprocess_mode="livemostrecent",
)
HTTP_SECONDS: Final = Histogram(
    "mendline_http_request_seconds",
    "Time from request to answer, by route and status class",
    ["method", "route", "status"],
    buckets=FAST,
)

# Digest
EVENTS_DIGESTED: Final = Counter(
    "mendline_events_digested", "Events out of the inbox: stored, thinned, duplicate", ["outcome"]
)
DIGEST_SECONDS: Final = Histogram(
    "mendline_digest_batch_seconds", "Time of one digest batch", buckets=SLOW
)
DIGEST_BATCH: Final = Histogram(
    "mendline_digest_batch_events", "Inbox rows of one digest batch", buckets=SIZES
)
DIGEST_LAG: Final = Gauge(
    "mendline_digest_lag_seconds",
    "Age of the oldest event of the last batch when it was stored",
    multiprocess_mode="livemostrecent",
)

# Work
TASK_SECONDS: Final = Histogram(
    "mendline_task_seconds",
    "Run time of tasks, by how they ended",
    ["task", "outcome"],
    buckets=SLOW,
)
SCHEDULE_DELAY: Final = Histogram(
    "mendline_schedule_delay_seconds", "From a slot to its claim", ["job"], buckets=FAST
)

# Logs
LOG_LINES_DROPPED: Final = Counter(
    "mendline_log_lines_dropped",
    "Lines that are in the log files only: the central table was away for too long",
)

# Recovery
RECOVERIES_PLANNED: Final = Counter(
    "mendline_recoveries_planned", "Recoveries begun, by the category of the failure", ["category"]
)
RECOVERIES_ENDED: Final = Counter(
    "mendline_recoveries_ended", "Recoveries that came to an end", ["state", "category"]
)
RECOVERY_ACTS: Final = Counter(
    "mendline_recovery_acts", "Actions of recovery: acted, shadowed, failed", ["action", "outcome"]
)
RECOVERY_REFUSALS: Final = Counter(
    "mendline_recovery_refusals", "Actions of recovery that a guard refused", ["guard", "action"]
)
RECOVERY_SECONDS: Final = Histogram(
    "mendline_recovery_seconds",
    "From the first event to the end of its recovery",
    ["state"],
    buckets=SLOW,
)

# Alerts
ALERT_EVALUATION_SECONDS: Final = Histogram(
    "mendline_alert_evaluation_seconds", "Time of one look at all rules", buckets=FAST
)
ALERT_TRANSITIONS: Final = Counter(
    "mendline_alert_transitions", "Changes of state that rules made, by the new state", ["state"]
)
ALERT_CONDITIONS_FAILED: Final = Counter(
    "mendline_alert_conditions_failed",
    "Looks at which a kind of condition could not be asked",
    ["kind"],
)
ALERT_SERIES: Final = Gauge(
    "mendline_alert_series",
    "Series that the last look at the rules found",
    multiprocess_mode="livemostrecent",
)
ALERTS_LIVE: Final = Gauge(
    "mendline_alerts",
    "Alerts that are pending, firing or acknowledged",
    ["state", "severity"],
    multiprocess_mode="livemostrecent",
)
ALERT_DELIVERIES: Final = Counter(
    "mendline_alert_deliveries",
    "Attempts to tell of alerts: delivered, failed for now, refused for good",
    ["channel", "outcome"],
)
ALERT_DELIVERY_SECONDS: Final = Histogram(
    "mendline_alert_delivery_seconds",
    "Seconds from the decision to tell of alerts to its delivery",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200),
)
HEARTBEATS: Final = Counter(
    "mendline_heartbeats",
    "Calls to the outside watcher: sent, refused, failed, withheld",
    ["outcome"],
)

# The whole platform; set by one process, the fleet controller
QUEUE_DEPTH: Final = Gauge(
    "mendline_queue_depth",
    "Messages waiting in the broker, and rows in the inbox and the ledger",
    ["queue"],
    multiprocess_mode="livemostrecent",
)
QUEUE_OLDEST: Final = Gauge(
    "mendline_queue_oldest_seconds",
    "Age of the oldest that waits",
    ["queue"],
    multiprocess_mode="livemostrecent",
)
POOL_PROCESSES: Final = Gauge(
    "mendline_pool_processes",
    "Worker processes of a pool that take work; state is running",
    ["pool", "state"],
    multiprocess_mode="livemostrecent",
)
POOL_CHILDREN: Final = Gauge(
    "mendline_pool_children",
    "Children of a pool on all hosts; state is target, wanted, running or busy",
    ["pool", "state"],
    multiprocess_mode="livemostrecent",
)
POOL_RESTARTS: Final = Gauge(
    "mendline_pool_restarts",
    "Worker processes of a pool that died and were started again, since their agents began",
    ["pool"],
    multiprocess_mode="livemostrecent",
)
POOL_BYTES: Final = Gauge(
    "mendline_pool_memory_bytes",
    "Memory of a pool's processes on all hosts, their parts of what they share",
    ["pool"],
    multiprocess_mode="livemostrecent",
)
POOL_LEAK: Final = Gauge(
    "mendline_pool_leak_bytes",
    "What a child of a pool grows by in 1,000 tasks, on the worst host",
    ["pool"],
    multiprocess_mode="livemostrecent",
)
POOL_LATENCY: Final = Gauge(
    "mendline_pool_oldest_seconds",
    "For how long the first of a pool's work waits",
    ["pool"],
    multiprocess_mode="livemostrecent",
)
SCALE_DECISIONS: Final = Counter(
    "mendline_scale_decisions", "Decisions about the size of a pool", ["pool", "kind"]
)
HOST_MEMORY: Final = Gauge(
    "mendline_host_memory_ratio",
    "Share of its memory that a host with workers uses",
    ["host"],
    multiprocess_mode="livemostrecent",
)
HOST_PROCESSORS: Final = Gauge(
    "mendline_host_processors_ratio",
    "Share of its processors that a host with workers uses",
    ["host"],
    multiprocess_mode="livemostrecent",
)
DEADLETTERS_OPEN: Final = Gauge(
    "mendline_deadletters_open", "Dead letters open", multiprocess_mode="livemostrecent"
)
LETTERS_SPOOLED: Final = Gauge(
    "mendline_letters_spooled",
    "Dead letters and orders on the disk of this host until PostgreSQL is back",
    multiprocess_mode="livemostrecent",
)
RECOVERY_RATE: Final = Gauge(
    "mendline_recovery_rate_ratio",
    "Recovered of the recoveries tried that ended in the last 24 hours, by category or in all",
    ["category"],
    multiprocess_mode="livemostrecent",
)
RECOVERY_AUTOMATIC: Final = Gauge(
    "mendline_recovery_automatic_ratio",
    "Recovered without a person, of those recovered in the last 24 hours",
    ["category"],
    multiprocess_mode="livemostrecent",
)
RECOVERY_MTTR: Final = Gauge(
    "mendline_recovery_mttr_seconds",
    "From the first event to the verified end, on average over the last 24 hours",
    ["category"],
    multiprocess_mode="livemostrecent",
)
ERRORS_UNMANAGED: Final = Gauge(
    "mendline_errors_unmanaged_ratio",
    "Errors of the last 24 hours about which nothing was decided",
    ["category"],
    multiprocess_mode="livemostrecent",
)
WORK_ITEMS: Final = Gauge(
    "mendline_work_items",
    "Rows of the work ledger that are not finished",
    ["state"],
    multiprocess_mode="livemostrecent",
)
RETRIES: Final = Gauge(
    "mendline_retries",
    "Retries of the last 24 hours by what had failed before; outcome is succeeded or failed",
    ["category", "attempt", "outcome"],
    multiprocess_mode="livemostrecent",
)
RETRY_SUCCESS: Final = Gauge(
    "mendline_retry_success_ratio",
    "Share of the retries of the last 24 hours that succeeded, by what had failed before",
    ["category"],
    multiprocess_mode="livemostrecent",
)
TRANSACTIONS_IN_DOUBT: Final = Gauge(
    "mendline_transactions_in_doubt",
    "Transactions over several databases that are not settled everywhere",
    multiprocess_mode="livemostrecent",
)
SAGAS: Final = Gauge(
    "mendline_sagas",
    "Sagas that have not ended well; state is running, compensating or stuck",
    ["state"],
    multiprocess_mode="livemostrecent",
)
JOB_AGE: Final = Gauge(
    "mendline_job_success_age_seconds",
    "Time since a scheduled job last succeeded",
    ["job"],
    multiprocess_mode="livemostrecent",
)
FINDINGS: Final = Gauge(
    "mendline_maintenance_findings",
    "What the checks of the stores found; level is note, warning or critical",
    ["level"],
    multiprocess_mode="livemostrecent",
)
PARTITION_DAYS_AHEAD: Final = Gauge(
    "mendline_partition_days_ahead",
    "Days after today for which an event partition exists",
    multiprocess_mode="livemostrecent",
)

# Circuit breakers and budgets
BREAKER_CALLS: Final = Counter(
    "mendline_breaker_calls",
    "Calls behind a circuit breaker; outcome is success, failure or refused",
    ["breaker", "outcome"],
)
BREAKER_SLOW: Final = Counter(
    "mendline_breaker_slow_calls", "Calls that took longer than the breaker's timeout", ["breaker"]
)
BREAKER_TRANSITIONS: Final = Counter(
    "mendline_breaker_transitions", "Changes of state", ["breaker", "state"]
)
BREAKER_FORCED: Final = Gauge(
    "mendline_breaker_forced",
    "1 while an operator, or a recovery, has forced a circuit breaker open or closed",
    ["breaker", "state"],
    multiprocess_mode="livemostrecent",
)
BREAKER_SHUT: Final = Gauge(
    "mendline_breaker_open",
    "1 while a circuit breaker is open, 0.5 half-open, 0 closed",
    ["breaker"],
    multiprocess_mode="livemostrecent",
)


def prepare(data_dir: Path) -> Path:
    """Empties the directory of the counts; its path belongs in the environment of all children."""
    directory = (data_dir / "metrics").absolute()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, mode=0o700)
    return directory


def render() -> bytes:
    """The page that Prometheus reads: the sum over all processes of this host."""
    directory = _directory()
    if directory is None:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(directory))  # type: ignore[no-untyped-call]
    with _locked(directory, fcntl.LOCK_SH):
        return generate_latest(registry)


def reap(alive: Callable[[int], bool]) -> int:
    """Forgets the gauges of processes that ended and folds their counts into one file.

    Without the folding every recycled worker would leave files that each page has to read.
    """
    directory = _directory()
    if directory is None:
        return 0
    with _locked(directory, fcntl.LOCK_EX):
        ended = [pid for pid in _processes(directory) if not alive(pid)]
        for pid in ended:
            _retire(directory, pid)
    return len(ended)


def _directory() -> Path | None:
    found = os.environ.get(DIRECTORY_VARIABLE)
    return Path(found) if found and Path(found).is_dir() else None


def _processes(directory: Path) -> list[int]:
    names = {file.stem.rpartition("_")[2] for file in directory.glob("*.db")}
    return sorted(int(name) for name in names if name.isdigit())


def _retire(directory: Path, pid: int) -> None:
    mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]
    for kind in ("counter", "histogram"):
        file = directory / f"{kind}_{pid}.db"
        if file.exists():
            _fold(file, directory / f"{kind}_{RETIRED}.db")
            file.unlink()


def _fold(source: Path, target: Path) -> None:
    files: Any = MmapedDict  # the library has no annotations here
    total = files(str(target))
    for key, value, _, _ in files.read_all_values_from_file(str(source)):
        total.write_value(key, total.read_value(key)[0] + value, 0.0)
    total.close()


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    with (directory / LOCK).open("a") as file:
        fcntl.flock(file, how)
        yield
