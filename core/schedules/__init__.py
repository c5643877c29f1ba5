"""Jobs that run by the clock: slots in rows, claimed by any number of beats, each done once."""

from core.schedules.claim import Claimed, claim_due, next_due
from core.schedules.jobs import (
    Job,
    JobNotFoundError,
    every,
    get,
    pause,
    resume,
    run_now,
    runs,
    sync,
)
from core.schedules.slots import CatchUp

__all__ = [
    "CatchUp",
    "Claimed",
    "Job",
    "JobNotFoundError",
    "claim_due",
    "every",
    "get",
    "next_due",
    "pause",
    "resume",
    "run_now",
    "runs",
    "sync",
]
