"""Whom faults hit: the parts of a running platform, found by what their processes run."""

from enum import StrEnum

import psutil


class Target(StrEnum):
    API = "api"
    CHILD = "child"
    WORKER = "worker"
    AGENT = "agent"
    FLEET = "fleet"
    BEAT = "beat"
    REDIS = "redis"
    POSTGRES = "postgres"
    RABBITMQ = "rabbitmq"


MARKS = {
    Target.API: ("web.serve",),
    Target.WORKER: ("tasks.app", "worker"),
    Target.AGENT: ("workers.agent",),
    Target.FLEET: ("workers.controller",),
    Target.BEAT: ("tasks.app", "beat"),
    Target.REDIS: ("redis-server",),
    Target.POSTGRES: ("bin/postgres", "-D"),
    Target.RABBITMQ: ("beam.smp",),
}
# Between fork and exec, and while the launcher runs, a process is not yet what it will be.
LAUNCHER = "launch.py"


def command_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def by_target(processes):
    """The living processes of each target; a worker's children are not its main process."""
    marked = {p: _target_of(command_of(p)) for p in processes}
    found = {target: [] for target in Target}
    parents = {p.pid for p, target in marked.items() if target is Target.WORKER}
    for process, target in marked.items():
        if target is not None and _alive(process):
            is_child = target is Target.WORKER and _parent(process) in parents
            found[Target.CHILD if is_child else target].append(process)
    return found


def _target_of(command):
    if LAUNCHER in command:
        return None
    matching = (t for t, marks in MARKS.items() if all(mark in command for mark in marks))
    return next(matching, None)


def _alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _parent(process):
    try:
        return process.ppid()
    except psutil.Error:
        return None
