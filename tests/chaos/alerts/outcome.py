"""What the drill brought to light, and whether the promises were kept."""

import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from tests.chaos.alerts.receivers import CHANNELS

DELIVERED, SUPERSEDED, RESOLVE = "delivered", "superseded", "resolve"
BOUND = 10.0
# As long as a channel waits for an answer, and PostgreSQL is waited for to write it down.
UNDER_WAY = timedelta(seconds=15)
AFTERMATH = timedelta(seconds=15)


@dataclass(frozen=True)
class Hit:
    target: str
    said: str
    at: datetime


@dataclass(frozen=True)
class Seen:
    """All that is judged: what was done, what came in, and what the platform's rows say."""

    crossings: list
    came: list
    rows: object
    hits: list

    @property
    def notes(self):
        return {note.webhook_id: note for note in self.rows.notes}

    @property
    def taken(self):
        return [each for each in self.came if each.taken]

    @property
    def components(self):
        """Of each notification, by the component of its alert."""
        of = {episode.id: episode.component for episode in self.rows.episodes}
        return {
            note.webhook_id: next(of[each] for each in note.alert_ids if each in of)
            for note in self.rows.notes
        }


@dataclass
class Outcome:
    """Latencies in seconds, from the request that crossed the threshold; by channel."""

    seed: int
    trouble: float
    seconds: float = 0.0
    settled_in: float = 0.0
    crossings: int = 0
    refused: int = 0
    hits: list[Hit] = field(default_factory=list)
    missed: int = 0
    notifications: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    attempts: int = 0
    broken_off: int = 0
    kills_in_flight: int = 0
    duplicates: int = 0
    repeats: dict[str, list[str]] = field(default_factory=dict)
    delivered: dict[str, dict[str, float]] = field(default_factory=dict)
    first_try: dict[str, dict[str, float]] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    logged: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def plain(self):
        return asdict(self) | {"hits": [asdict(hit) | {"at": str(hit.at)} for hit in self.hits]}


def judge(outcome, seen):
    outcome.crossings, outcome.hits = len(seen.crossings), seen.hits
    outcome.requests, outcome.attempts = len(seen.came), len(seen.rows.attempts)
    outcome.notifications = dict(Counter(f"{n.kind} {n.state}" for n in seen.rows.notes))
    outcome.broken_off = len(seen.rows.broken_off)
    outcome.kills_in_flight = in_flight(seen)
    again = repeated(seen)
    outcome.duplicates = sum(again.values())
    outcome.repeats = {f"{c} {of}": _course(seen, of) for c, of in sorted(again)}
    outcome.delivered = latencies(seen, seen.taken)
    outcome.first_try = latencies(seen, seen.came)
    outcome.stages = stages(seen)
    outcome.broken = [*lost(seen), *untrue(seen), *unresolved(seen), *excess(outcome)]


def lost(seen):
    known = {episode.component for episode in seen.rows.episodes}
    for each in seen.crossings:
        if each.component not in known:
            yield f"{each.component} crossed its threshold and has no alert"
    arrived = {(each.channel, each.webhook_id) for each in seen.taken}
    for note in seen.rows.notes:
        if note.state not in {DELIVERED, SUPERSEDED}:
            yield f"notification {note.id} to {note.channel} is {note.state}"
        elif note.state == DELIVERED and (note.channel, note.webhook_id) not in arrived:
            yield f"notification {note.id} counts as delivered and never came to {note.channel}"
    began = {(c, component) for c, component, _ in first(seen, seen.taken)}
    for each in seen.crossings:
        missing = [c for c in CHANNELS if (c, each.component) not in began]
        if missing:
            yield f"{', '.join(missing)} never heard that {each.component} fires"


def untrue(seen):
    """Every repeat has the same ids, and one episode begins once."""
    notes = seen.notes
    for each in seen.came:
        note = notes.get(each.webhook_id)
        if note is None:
            yield f"{each.channel} was sent {each.webhook_id}, which no notification has"
        elif (note.channel, note.dedup_key) != (each.channel, each.dedup_key):
            yield f"{each.webhook_id} came with another dedup key or to another channel"
    episodes = Counter(episode.component for episode in seen.rows.episodes)
    began = {(e.channel, e.webhook_id) for e in seen.taken if _begins(notes.get(e.webhook_id))}
    components = seen.components
    times = Counter((channel, components[webhook_id]) for channel, webhook_id in began)
    for (channel, component), count in times.items():
        if count > episodes[component]:
            yield f"{channel} heard {count} times under different ids that {component} fires"


def unresolved(seen):
    for episode in seen.rows.episodes:
        if not episode.resolved:
            yield f"the alert of {episode.component} is not resolved"
    notes, last = seen.notes, {}
    for each in seen.taken:
        if each.webhook_id in notes:
            last[each.channel, each.dedup_key] = notes[each.webhook_id]
    for (channel, _), note in last.items():
        if note.kind != RESOLVE:
            yield f"the last that {channel} heard of {seen.components[note.webhook_id]} is no end"


def excess(outcome):
    if outcome.duplicates > outcome.kills_in_flight:
        yield (
            f"{outcome.duplicates} raw duplicates, and only {outcome.kills_in_flight} kills"
            " hit an attempt in flight"
        )
    slow = outcome.delivered.get("all", {}).get("p99", 0.0)
    if not outcome.hits and not outcome.trouble and slow > BOUND:
        yield f"delivered after {slow:.1f} s at p99, not within {BOUND:.0f} s"


def repeated(seen):
    """What was taken more than once, and how many times too often."""
    times = Counter((each.channel, each.webhook_id) for each in seen.taken)
    return {what: count - 1 for what, count in times.items() if count > 1}


def _course(seen, webhook_id):
    return [how for carried, how in seen.rows.attempts if carried == webhook_id]


def in_flight(seen):
    """How many kills broke off at least one attempt.

    That is the first kill while it may have been under way; else the last one shortly before, as
    the connections of a killed PostgreSQL, and workers that lost their broker, live on for a while.
    """
    hits = (_cause(began, [kill.at for kill in seen.hits]) for began in seen.rows.broken_off)
    return len({hit for hit in hits if hit is not None})


def _cause(began, kills):
    later = [at for at in kills if began <= at <= began + UNDER_WAY]
    before = [at for at in kills if began - AFTERMATH <= at < began]
    return min(later, default=max(before, default=None))


def _begins(note):
    return note is not None and note.kind == "trigger"


def first(seen, came):
    """The first of `came` that told a channel that a component fires."""
    notes, components, found = seen.notes, seen.components, {}
    for each in came:
        if _begins(notes.get(each.webhook_id)):
            found.setdefault((each.channel, components[each.webhook_id]), each.at)
    return [(channel, component, at) for (channel, component), at in found.items()]


def latencies(seen, came):
    since = {each.component: each.at for each in seen.crossings}
    found = {}
    for channel, component, at in first(seen, came):
        if component in since:
            for key in (channel, "all"):
                found.setdefault(key, []).append(at - since[component])
    return {channel: _figures(times) for channel, times in sorted(found.items())}


def stages(seen):
    """Where the time goes: until it fires, until it is decided to tell, until the first try."""
    since = {each.component: each.at for each in seen.crossings}
    fired = {each.component: each.fired_at for each in reversed(seen.rows.episodes)}
    notes = [note for note in reversed(seen.rows.notes) if _begins(note)]
    components = seen.components
    decided = {(note.channel, components[note.webhook_id]): note.created_at for note in notes}
    tries = {(c, component): at for c, component, at in first(seen, seen.came)}
    return {
        "fires": _figures([fired[name] - at for name, at in since.items() if name in fired]),
        "decided": _figures([at - fired[name] for (_, name), at in decided.items()]),
        "tried": _figures([at - decided[key] for key, at in tries.items() if key in decided]),
    }


def _figures(times):
    if not times:
        return {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}
    times.sort()
    return {
        "count": len(times),
        "p50": round(_rank(times, 0.50), 3),
        "p99": round(_rank(times, 0.99), 3),
        "max": round(times[-1], 3),
    }


def _rank(times, share):
    return times[math.ceil(share * len(times)) - 1]
