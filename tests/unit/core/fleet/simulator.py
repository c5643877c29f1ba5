"""A pool of workers in a model: work comes, children do it, and decisions are followed late."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from core.fleet.load import History, Observation
from core.fleet.scaling import Bounds, Kind, decide

TICK = 1.0
LAG = 2  # ticks from a decision to the children that it asked for
STEPS = 10  # of the model in one tick

BOUNDS = Bounds(least=1, most=8, room=100, latency=5.0, service=0.5, processors=8)


@dataclass
class Run:
    """What happened, a tick an entry."""

    children: list[int] = field(default_factory=list)
    backlog: list[int] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # when done, how long waited

    @property
    def turns(self):
        """How often growing turned into shrinking or the other way."""
        moves = [after - before for before, after in pairwise(self.children) if after != before]
        return sum((before > 0) != (after > 0) for before, after in pairwise(moves))


class Simulator:
    """`arrivals(second)` tasks come in each second, each of which takes `service` seconds."""

    def __init__(self, arrivals, service, bounds=BOUNDS, *, blind=lambda _second: False):
        self.arrivals = arrivals
        self.service = service
        self.bounds = bounds
        self.blind = blind
        self.waiting = deque()
        self.working = []  # seconds left of each task in work
        self.owed = 0.0
        self.finished = 0

    def run(self, seconds, *, children=1):
        run, history = Run(), History.beginning(0.0)
        pending = deque([children] * LAG)
        target, running = children, children
        for second in range(int(seconds / TICK)):
            busy = self._work(second * TICK, running, run)
            seen = self._look((second + 1) * TICK, target, running, busy)
            history = history.with_look(seen, low=self.bounds.low)
            decision = decide(seen, history, self.bounds)
            if decision.target != target:
                history = history.with_change(seen.at, grown=decision.target > target)
            target = decision.target
            pending.append(target)
            running = max(pending.popleft(), len(self.working))
            run.children.append(target)
            run.backlog.append(len(self.waiting))
            run.kinds.append(decision.kind)
        return run

    def _work(self, begun, running, run):
        """One tick; answers how many children were busy on average."""
        self.finished, busy = 0, 0
        for step in range(STEPS):
            now = begun + step * TICK / STEPS
            self.owed += self.arrivals(now) * TICK / STEPS
            while self.owed >= 1:
                self.owed -= 1
                self.waiting.append(now)
            while self.waiting and len(self.working) < running:
                run.waits.append((now, now - self.waiting.popleft()))
                self.working.append(self.service)
            busy += len(self.working)
            left = [each - TICK / STEPS for each in self.working]
            self.working = [each for each in left if each > 1e-9]
            self.finished += len(left) - len(self.working)
        return busy / STEPS

    def _look(self, at, target, running, busy):
        if self.blind(at):
            return Observation(at=at, children=target)
        return Observation(
            at=at,
            children=target,
            running=running,
            busy=busy,
            backlog=float(len(self.waiting)),
            oldest=at - self.waiting[0] if self.waiting else 0.0,
            finished=float(self.finished),
        )
