"""The memory of the hosts that pools may still grow into; all pools of a host share it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.fleet.sharing import Place, room
from core.model import Agent
from workers.pools import Pool

# What a child takes before one has been weighed.
USUAL_CHILD: Final = 100 * 2**20


class Budget:
    """Made anew with each look; what one pool is given in it the next one cannot have.

    Children that were promised and do not live yet have their memory already.
    """

    def __init__(self, known: Iterable[Agent], mark: float) -> None:
        self._spare: dict[str, int] = {}
        for agent in known:
            limit = int(machine_of(agent).get("memory_bytes", 0))
            used = int(machine_of(agent).get("memory_used_bytes", 0))
            if limit:
                spare = self._spare.get(agent.host, limit)
                self._spare[agent.host] = min(spare, int(mark * limit) - used)
        for agent in known:
            self._spend(agent, agent.target - int(agent.detail.get("children", 0)))

    def place(self, agent: Agent, pool: Pool) -> Place:
        left = self._spare.get(agent.host)
        return Place(
            host=agent.host,
            children=agent.target,
            least=int(agent.detail.get("least", pool.least)),
            most=int(agent.detail.get("most", pool.most)),
            # A host that tells nothing of its memory may double.
            room=agent.target if left is None else room(left, child=_child(agent)),
        )

    def give(self, agent: Agent, target: int) -> None:
        self._spend(agent, target - agent.target)

    def _spend(self, agent: Agent, children: int) -> None:
        if agent.host in self._spare and children > 0:
            self._spare[agent.host] -= children * _child(agent)


def machine_of(agent: Agent) -> Mapping[str, Any]:
    found = agent.detail.get("machine", {})
    return found if isinstance(found, Mapping) else {}


def _child(agent: Agent) -> int:
    return int(agent.detail.get("child_bytes", 0)) or USUAL_CHILD
