"""How well merge suggestions tell variants of a failure from other failures.

`python -m tests.benchmarks.similarity FOLDER` takes events in Sentry's format, one a file. Positive
pairs are an event and a variant that grouping gives another key: a function renamed, a call put in
between, another entry point. Negative pairs are different events, another failure below the same
entry points, and another error at the same place.
"""

import argparse
import copy
import json
from collections import Counter
from pathlib import Path
from random import Random

from config.knowledge import knowledge
from core.analysis import analyse
from core.analysis.shape import shape_of
from core.analysis.similarity import SUGGEST, likeness, rarity

UNRELATED = "an entirely unrelated failure sentence"
TURNS = 3


def events(folder):
    for file in sorted(folder.rglob("*.json")):
        found = json.loads(file.read_text())
        if isinstance(found, dict):
            yield file.stem, found


def values(event):
    found = event.get("exception")
    found = found.get("values", [found]) if isinstance(found, dict) else found or []
    return [value for value in found if isinstance(value, dict)]


def stacks(event):
    for value in values(event):
        frames = (value.get("stacktrace") or {}).get("frames")
        if isinstance(frames, list) and frames:
            yield [frame for frame in frames if isinstance(frame, dict)], value["stacktrace"]


def named(frame, function, place=None):
    told = {key: value for key, value in frame.items() if key != "raw_function"}
    moved = {"module": place, "filename": f"{place}.x", "abs_path": f"/{place}.x"} if place else {}
    return told | {"function": function} | moved


def changed(event, change):
    event = copy.deepcopy(event)
    for frames, trace in list(stacks(event)):
        trace["frames"] = change(frames)
    return event


def rename(event, rng):
    def change(frames):
        own = [n for n, frame in enumerate(frames) if frame.get("in_app") is not False]
        place = rng.choice((own or range(len(frames)))[-5:])
        frames[place] = named(frames[place], f"renamed_{rng.randrange(999)}")
        return frames

    return changed(event, change)


def insert(event, rng):
    def change(frames):
        place = rng.randrange(len(frames) + 1)
        wrapper = named(frames[min(place, len(frames) - 1)], f"wrapper_{rng.randrange(99)}")
        return [*frames[:place], wrapper, *frames[place:]]

    return changed(event, change)


def entry(event, _rng):
    def change(frames):
        outer = max(1, len(frames) * 3 // 10) if len(frames) > 2 else 0
        other = [named(frame, f"entry_{n}", "other") for n, frame in enumerate(frames[:outer])]
        return [*other, *frames[outer:]]

    return changed(event, change)


def elsewhere(event, _rng):
    def change(frames):
        kept = len(frames) // 2
        other = [named(f, f"elsewhere_{n}", f"else{n}") for n, f in enumerate(frames[kept:])]
        return [*frames[:kept], *other]

    return another_error(changed(event, change), _rng)


def another_error(event, _rng):
    event = copy.deepcopy(event)
    for value in values(event):
        value.update(type=f"{value.get('type') or 'E'}Other", value=UNRELATED)
    return event


class Pairs:
    """What is compared, with how rare each call is among all events."""

    def __init__(self, found):
        self.known = knowledge()
        self.found = dict(found)
        self.shapes = {name: shape_of(event) for name, event in self.found.items()}
        self.keys = {name: self.key(event) for name, event in self.found.items()}
        self.counts = Counter(frame for s in self.shapes.values() for frame in set(s.frames))

    def key(self, event):
        return analyse(event, self.known).grouping.issue_key

    def score(self, one, other):
        every = len(self.shapes)
        return likeness(one, other, lambda frame: rarity(self.counts[frame], every)).score

    def variants(self, rng):
        """Scores by kind; only of variants that grouping would part."""
        for name, event in self.found.items():
            for make in (rename, insert, entry) * TURNS if any(stacks(event)) else ():
                made = make(event, rng)
                if self.key(made) != self.keys[name]:
                    yield make.__name__, self.score(self.shapes[name], shape_of(made))

    def others(self, rng):
        for name, event in self.found.items():
            for make in (elsewhere, another_error) if any(stacks(event)) else ():
                yield make.__name__, self.score(self.shapes[name], shape_of(make(event, rng)))
        names = list(self.found)
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                if self.keys[one] != self.keys[other]:
                    yield "pair", self.score(self.shapes[one], self.shapes[other])


def run(folder, *, seed=5):
    rng, pairs = Random(seed), Pairs(events(folder))
    same, apart = list(pairs.variants(rng)), list(pairs.others(rng))
    found = Counter(kind for kind, score in same if score >= SUGGEST)
    wrong = Counter(kind for kind, score in apart if score >= SUGGEST)
    right = sum(found.values())
    every = Counter(kind for kind, _ in same)
    return {
        "precision": right / (right + sum(wrong.values()) or 1),
        "recall": right / (len(same) or 1),
        "recall_by_kind": {kind: found[kind] / count for kind, count in every.items()},
        "wrong": dict(wrong),
        "variants": len(same),
        "others": dict(Counter(kind for kind, _ in apart)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(json.dumps(run(parser.parse_args().folder), indent=2))


if __name__ == "__main__":
    main()
