"""The faults, one kind of thing that breaks a file."""

from tests.chaos.faults.clocks import ClockJump
from tests.chaos.faults.connections import BlackHole, Latency, Reset
from tests.chaos.faults.processes import Freeze, Kill, Wipe
from tests.chaos.faults.resources import DiskFull, MemoryPressure
from tests.chaos.targets import command_of

__all__ = [
    "BlackHole",
    "ClockJump",
    "DiskFull",
    "Freeze",
    "Kill",
    "Latency",
    "MemoryPressure",
    "Reset",
    "Wipe",
    "command_of",
]
