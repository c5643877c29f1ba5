"""Finds and ends the processes that a killed predecessor left behind, and only those."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from signal import Signals

import psutil

PATIENCE = 10.0


def living() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def working_in(directory: Path, program: str) -> list[psutil.Process]:
    """Processes of that program whose working directory is this one: a server's own folder."""
    wanted = directory.resolve()
    return [process for process in living() if _works_in(process, wanted, program)]


def group(leader: int) -> list[psutil.Process]:
    """The living members of the process group of that id."""
    return [process for process in living() if _is_member(process, leader)]


def _is_member(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getpgid(process.pid) == leader
    except ProcessLookupError:
        return False


def _works_in(process: psutil.Process, directory: Path, program: str) -> bool:
    try:
        return Path(process.exe()).name == program and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def end(processes: Iterable[psutil.Process], *signals: Signals, patience: float = PATIENCE) -> bool:
    """Sends one signal after the other until all are gone; False if some outlive the last one."""
    remaining = list(processes)
    for signal in signals:
        for process in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal)
        _gone, remaining = psutil.wait_procs(remaining, timeout=patience if remaining else 0)
    return not remaining


def matching(pid: int, accept: Callable[[psutil.Process], bool]) -> psutil.Process | None:
    """The living process of that id if it is the one that is meant."""
    try:
        process = psutil.Process(pid)
        return process if process.status() != psutil.STATUS_ZOMBIE and accept(process) else None
    except psutil.Error:
        return None
