"""What the rows tell of the platform at work: is somebody there, and does anything lie too long?"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.checks.finding import Finding, note, ok, wrong
from core.model import Agent, DeadLetter, InboxRow, Leader, Schedule, WorkItem
from core.store import partitions

AGENT_SILENCE: Final = timedelta(seconds=30)
BEAT_LATE: Final = timedelta(minutes=1)
WAITS_TOO_LONG: Final = timedelta(minutes=5)
DAYS_AHEAD: Final = 2
RUNNING: Final = "Is `mendline run` running, and what does its log tell?"


def days(session: Session, now: datetime) -> Finding:
    """Without a partition for its day no event can be stored."""
    present = set(partitions.days(session))
    wanted = [now.date() + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    missing = [day.isoformat() for day in wanted if day not in present]
    if missing:
        return wrong(
            "partitions",
            f"none for {', '.join(missing)}",
            "`mendline db upgrade` makes them; the schedule maintenance.partitions should have.",
        )
    return ok("partitions", f"{len(present)} days, until {max(present).isoformat()}")


def workers(session: Session, now: datetime) -> list[Finding]:
    agents = session.scalars(select(Agent).order_by(Agent.pool, Agent.host)).all()
    if not agents:
        return [wrong("workers", "no agent has ever reported", RUNNING)]
    return [_agent(agent, now) for agent in agents]


def _agent(agent: Agent, now: datetime) -> Finding:
    name = f"workers {agent.pool}@{agent.host}"
    silence = now - agent.seen_at
    detail = f"{agent.running} of {agent.target} processes, {agent.state}"
    if silence > AGENT_SILENCE:
        return wrong(name, f"silent for {_age(silence)}", RUNNING)
    if agent.state == "broken":
        return wrong(name, detail, "Its workers die at once: the log of the agent tells why.")
    return ok(name, detail)


def fleet(session: Session) -> Finding:
    leads = select(Leader.holder).where(Leader.until > func.clock_timestamp())
    holders = session.scalars(leads).all()
    if not holders:
        return wrong("fleet", "no controller leads, so no due work is sent", RUNNING)
    return ok("fleet", f"led by {', '.join(sorted(holders))}")


def schedules(session: Session, now: datetime) -> Finding:
    waiting = select(Schedule).where(~Schedule.paused).order_by(Schedule.next_slot)
    jobs = session.scalars(waiting).all()
    if not jobs:
        return wrong("schedules", "no job is registered", RUNNING)
    late = [job.job for job in jobs if job.next_slot < now - BEAT_LATE]
    if late:
        return wrong("schedules", f"nobody claims the slots of {', '.join(late)}", RUNNING)
    return ok("schedules", f"{len(jobs)} jobs, next {jobs[0].job}")


def inbox(session: Session, now: datetime) -> Finding:
    """By the order of arrival: the lowest id is the oldest."""
    count = session.scalar(select(func.count()).select_from(InboxRow)) or 0
    oldest = session.scalar(select(InboxRow.received_at).order_by(InboxRow.id).limit(1))
    if oldest is None:
        return ok("inbox", "empty")
    detail = f"{count} events wait, the oldest for {_age(now - oldest)}"
    if now - oldest > WAITS_TOO_LONG:
        return wrong("inbox", detail, f"Digestion stands still or does not keep up. {RUNNING}")
    return ok("inbox", detail)


def work(session: Session, now: datetime) -> Finding:
    overdue = WorkItem.due_at < now - WAITS_TOO_LONG
    rows = session.execute(
        select(WorkItem.state, func.count(), func.count().filter(overdue))
        .where(WorkItem.state.in_(("waiting", "published", "running")))
        .group_by(WorkItem.state)
        .order_by(WorkItem.state)
    ).all()
    detail = ", ".join(f"{count} {state}" for state, count, _ in rows) or "nothing to do"
    late = sum(overdue for state, _, overdue in rows if state != "running")
    if late:
        return wrong("work", f"{detail}; {late} of them overdue", RUNNING)
    return ok("work", detail)


def dead_letters(session: Session) -> Finding:
    """No fault of the platform: it kept what nothing could mend."""
    still_open = DeadLetter.state == "open"
    count = session.scalar(select(func.count()).select_from(DeadLetter).where(still_open)) or 0
    if count:
        return note("dead letters", f"{count} open", "Look at them: `mendline deadletter list`.")
    return ok("dead letters", "none open")


def _age(span: timedelta) -> str:
    return str(timedelta(seconds=round(span.total_seconds())))
