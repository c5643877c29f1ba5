"""What one issue key looks like, so that it can be found by its parts and laid beside another."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

from core.analysis.chain import Chain, told
from core.analysis.event import ErrorEvent, Failure, read
from core.analysis.languages import spoken
from core.analysis.template import headline, normalise

MOST_FRAMES = 40
MOST_WORDS = 30
LONGEST = 300
LONGEST_TEMPLATE = 500


class Shape(NamedTuple):
    """`frames` are names of calls as grouping writes them, the one that failed first; `own` tells
    for each whether it is the application's.
    """

    type: str = ""
    template: str = ""
    frames: tuple[str, ...] = ()
    own: tuple[bool, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.template.lower().split()[:MOST_WORDS])


def shape_of(event: Mapping[str, Any]) -> Shape:
    seen = read(event)
    chain = told(seen)
    main = chain.main or Failure()
    said = main.value or seen.template
    calls = list(islice(_calls(seen, chain), MOST_FRAMES))
    return Shape(
        type=main.type[:LONGEST],
        template=normalise(headline(said))[:LONGEST_TEMPLATE] if said else "",
        frames=tuple(label for label, _ in calls),
        own=tuple(own for _, own in calls),
    )


def _calls(seen: ErrorEvent, chain: Chain) -> Iterator[tuple[str, bool]]:
    """Of the failure that surfaced first of all; the calls of its causes come after. Unlike in
    grouping, those of libraries stand among them: they weigh less. A call that repeats counts once.
    """
    stacks = [failure.frames for failure in reversed(chain.failures)] or [seen.frames]
    known: set[str] = set()
    for frames in stacks:
        language = spoken(chain.language or seen.platform, frames)
        for frame in reversed(frames):
            label = language.label(frame)[:LONGEST]
            if label and label not in known:
                known.add(label)
                yield label, language.own(frame) if frame.in_app is None else frame.in_app


def marks(shape: Shape, project_id: int) -> tuple[int, ...]:
    """The hashes that a shape is found by: of each call, or of each word where there are none, and
    of type and message together. Projects do not share them.
    """
    parts = [f"frame:{frame}" for frame in shape.frames]
    if not parts:
        parts = [f"word:{word}" for word in shape.words if len(word) > 2]  # noqa: PLR2004
    if shape.template:
        parts.append(f"said:{shape.type}:{shape.template}")
    return tuple(dict.fromkeys(mark(part, project_id) for part in parts))


def mark(part: str, project_id: int) -> int:
    digest = blake2b(part.encode("utf-8", "replace"), digest_size=8, salt=project_id.to_bytes(8))
    return int.from_bytes(digest.digest(), signed=True) or 1
