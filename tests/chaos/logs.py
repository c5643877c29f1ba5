"""What a platform's log tells of a drill: starts, deaths, errors, and how often each event came."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

STARTED = "process.started"
BROKEN = "process.broken"
SERIOUS = {"error", "critical"}
# The supervisor's own: so many deaths in so many seconds and a process counts as broken.
WINDOW = 60.0


@dataclass
class Told:
    """`restarts` is the largest number of one process's restarts in a row before a rest."""

    starts: Counter = field(default_factory=Counter)
    restarts: Counter = field(default_factory=Counter)
    events: Counter = field(default_factory=Counter)
    errors: int = 0
    minutes: float = 0.0


def told(text):
    lines = [line for line in map(_parsed, text.splitlines()) if line]
    found = Told()
    moments = [datetime.fromisoformat(line["timestamp"]) for line in lines if "timestamp" in line]
    if moments:
        found.minutes = (max(moments) - min(moments)).total_seconds() / 60
    lives = {}
    for line in lines:
        event = line.get("event", "")
        found.events[event] += 1
        found.errors += line.get("level") in SERIOUS
        if event in {STARTED, BROKEN}:
            lives.setdefault(line["child"], []).append(line)
    for child, history in lives.items():
        found.starts[child] = sum(line["event"] == STARTED for line in history)
        found.restarts[child] = _most_restarts(history)
    return found


def _parsed(line):
    _, brace, rest = line.partition("{")
    try:
        return json.loads(brace + rest)
    except ValueError:
        return None


def _most_restarts(history):
    """In any window, without the one new chance that follows a rest."""
    rows, rested = [[]], False
    for line in history:
        if line["event"] == BROKEN:
            rested = True
        elif rested:
            rested = False
            rows.append([])
        else:
            rows[-1].append(datetime.fromisoformat(line["timestamp"]).timestamp())
    first, *later = rows
    return max(map(_densest, [first[1:], *later]))


def _densest(moments):
    """How many of them lie in one window at most."""
    return max((sum(0 <= m - begin < WINDOW for m in moments) for begin in moments), default=0)
