"""How a pool's children are shared between its hosts, and how many a host has memory for."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One pool on one host: its target in force, its limits, and how many more find room."""

    host: str
    children: int
    least: int
    most: int
    room: int

    @property
    def highest(self) -> int:
        """Memory keeps a place from growing; it takes nothing away that is there."""
        return max(min(self.most, self.children + max(self.room, 0)), self.least)


def share(total: int, places: Sequence[Place]) -> dict[str, int]:
    """Targets by host, moving as few children as the total asks for; the fullest gives first.

    Whoever asks for less than the floors of all hosts together means it.
    """
    floors = {each.host: each.least for each in places}
    if total < sum(floors.values()):
        floors = dict.fromkeys(floors, 0)
    held = {each.host: min(max(each.children, floors[each.host]), each.most) for each in places}
    by_host = {each.host: each for each in places}

    def fullness(host: str) -> float:
        return held[host] / max(by_host[host].most, 1)

    while sum(held.values()) < total:
        free = [host for host in held if held[host] < by_host[host].highest]
        if not free:
            break
        held[min(free, key=lambda host: (fullness(host), host))] += 1
    while sum(held.values()) > total:
        spare = [host for host in held if held[host] > floors[host]]
        if not spare:
            break
        held[max(spare, key=lambda host: (fullness(host), host))] -= 1
    return held


def room(spare: int, *, child: int) -> int:
    """How many children of that many bytes fit into what is spare."""
    return max(spare // max(child, 1), 0)
