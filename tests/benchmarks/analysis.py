"""Analysis: what events a second one core understands, in CPU time, by the shape of the event.

`usual` are the 13.5 KB events of the other benchmarks, their kinds seen before; `unseen` are the
same with every frame under a name that no event had; `printed` carry their stack trace as text.
The aim is 2,000 events a second for `usual`.
"""

import copy
import time
from pathlib import Path

from config.knowledge import knowledge
from core.analysis import analyse
from tests.benchmarks import events

TRACES = Path(__file__).parents[1] / "samples" / "traces"
COUNT = 4_000
ROUNDS = 3
AIM = 2_000


def run(count=COUNT):
    """Only the first round meets `unseen` frames; the others are steadier in their best one."""
    shapes = {"usual": (usual, ROUNDS), "unseen": (unseen, 1), "printed": (printed, ROUNDS)}
    return {
        name: measured([shape(at) for at in range(count)], rounds)
        for name, (shape, rounds) in shapes.items()
    }


def table(found):
    lines = [f"{'events':<10}{'events/s':>10}{'µs/event':>10}"]
    lines += [
        f"{name:<10}{row['events_per_second']:>10.0f}{row['us_per_event']:>10.0f}"
        for name, row in found.items()
    ]
    return "\n".join([*lines, f"aim: {AIM} events/s of the usual ones"])


def usual(at):
    return events.event(at)


def unseen(at):
    found = copy.deepcopy(events.event(at))
    for frame in found["exception"]["values"][-1]["stacktrace"]["frames"]:
        frame["function"] += f"_{at}"
    return found


def printed(at):
    traces = sorted(TRACES.iterdir())
    return {"platform": "other", "message": traces[at % len(traces)].read_text() + f"\n{at}"}


def measured(given, rounds):
    known = knowledge()
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        for event in given:
            analyse(event, known)
        seconds.append(time.process_time() - start)
    best = min(seconds)
    return {"events_per_second": len(given) / best, "us_per_event": best / len(given) * 1e6}
