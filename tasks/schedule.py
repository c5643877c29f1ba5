"""The jobs that Mendline runs by the clock; beat syncs them into rows when it starts."""

from typing import Final

from core.schedules import CatchUp, Job
from tasks.queues import Queue

SWEEP_SECONDS: Final = 5
MINUTE: Final = 60

JOBS: Final = (
    Job(
        name="inbox-sweep",
        task="analysis.sweep",
        queue=Queue.MAINTENANCE,
        interval=SWEEP_SECONDS,
        priority=2,
    ),
    Job(
        name="alert-groups",
        task="alerts.flush",
        queue=Queue.ALERTS,
        interval=SWEEP_SECONDS,
        priority=1,
    ),
    Job(
        name="hooks",
        task="hooks.announce",
        queue=Queue.RECOVERY,
        interval=SWEEP_SECONDS,
        priority=5,
    ),
    Job(
        name="partitions",
        task="maintenance.partition",
        queue=Queue.MAINTENANCE,
        cron="10 0 * * *",
        priority=1,
        catch_up=CatchUp.ONCE,
        at_start=True,
    ),
    Job(
        name="rollup",
        task="maintenance.roll_up",
        queue=Queue.MAINTENANCE,
        cron="5 * * * *",
        priority=7,
        catch_up=CatchUp.ONCE,
    ),
    Job(
        name="patterns",
        task="maintenance.mine_patterns",
        queue=Queue.MAINTENANCE,
        interval=MINUTE,
        priority=8,
    ),
    Job(
        name="retention",
        task="maintenance.retain",
        queue=Queue.MAINTENANCE,
        cron="40 0 * * *",
        priority=7,
        catch_up=CatchUp.ONCE,
    ),
    Job(
        name="space",
        task="maintenance.make_room",
        queue=Queue.MAINTENANCE,
        cron="50 * * * *",
        priority=7,
        catch_up=CatchUp.ONCE,
    ),
    Job(
        name="watch",
        task="maintenance.watch",
        queue=Queue.MAINTENANCE,
        interval=10 * MINUTE,
        priority=3,
    ),
    Job(
        name="backup",
        task="backup.create",
        queue=Queue.MAINTENANCE,
        cron="30 2 * * *",
        priority=8,
        catch_up=CatchUp.ONCE,
    ),
    Job(
        name="logs",
        task="maintenance.keep_logs",
        queue=Queue.MAINTENANCE,
        interval=5 * MINUTE,
        priority=7,
        at_start=True,
    ),
    Job(
        name="runs-tidy",
        task="maintenance.tidy_runs",
        queue=Queue.MAINTENANCE,
        cron="20 * * * *",
        priority=9,
    ),
    Job(
        name="transactions",
        task="transaction.resolve",
        queue=Queue.MAINTENANCE,
        interval=15,
        priority=2,
    ),
    Job(
        name="sagas",
        task="saga.sweep",
        queue=Queue.MAINTENANCE,
        interval=15,
        priority=2,
    ),
    Job(
        name="retry-rates",
        task="maintenance.measure_retries",
        queue=Queue.MAINTENANCE,
        interval=MINUTE,
        priority=7,
    ),
    Job(
        name="correlations",
        task="insight.correlate",
        queue=Queue.MAINTENANCE,
        interval=MINUTE,
        priority=4,
    ),
    Job(
        name="merge-suggestions",
        task="insight.suggest",
        queue=Queue.MAINTENANCE,
        interval=MINUTE,
        priority=7,
    ),
    Job(
        name="visitors",
        task="insight.crop",
        queue=Queue.MAINTENANCE,
        interval=5 * MINUTE,
        priority=7,
    ),
    Job(
        name="recovery",
        task="recovery.sweep",
        queue=Queue.RECOVERY,
        interval=SWEEP_SECONDS,
        priority=2,
    ),
    Job(
        name="recovery-questions",
        task="recovery.expire",
        queue=Queue.RECOVERY,
        interval=MINUTE,
        priority=3,
    ),
    Job(
        name="dead-letters",
        task="deadletter.watch",
        queue=Queue.MAINTENANCE,
        interval=5 * MINUTE,
        priority=7,
    ),
)
