"""Runs scenarios on both, all at once on the real one, and tells where they differ."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.alertmanager import ours, theirs
from tests.chaos.alertmanager.scenario import Scenario, Told, differences
from tests.http_sink import sinking

# A machine that was busy for a moment is no difference: what differs is played again, slower.
SLOWER = 4
AT_ONCE = 12


@dataclass
class Compared:
    scenario: Scenario
    theirs: list[Told] = field(default_factory=list)
    ours: list[Told] = field(default_factory=list)

    @property
    def differences(self):
        return differences(self.scenario, self.theirs, self.ours)

    def plain(self):
        return {
            "scenario": self.scenario.name,
            "differs_on_purpose": self.scenario.differs,
            "alertmanager": [str(each) for each in self.theirs],
            "mendline": [str(each) for each in self.ours],
            "differences": self.differences,
        }


def compare(scenarios, database, folder: Path, *, unit):
    """`unit` in seconds, for the real one."""
    found = [Compared(each) for each in scenarios]
    _play_theirs(found, folder, unit)
    with sinking() as sink:
        for each in found:
            each.ours = ours.play(each.scenario, sink, database)
    again = [each for each in found if each.differences]
    _play_theirs(again, folder / "again", unit * SLOWER)
    return found


def _play_theirs(compared, folder, unit):
    folder.mkdir(exist_ok=True)
    with sinking() as sink, ThreadPoolExecutor(AT_ONCE) as pool:
        playing = [
            (each, pool.submit(theirs.play, each.scenario, sink, folder, unit=unit))
            for each in compared
        ]
        for each, future in playing:
            each.theirs = future.result()
