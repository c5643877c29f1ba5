"""What the receivers answer: by chance, so many in a hundred late, refused, or not at all."""

import random
import threading
from dataclasses import dataclass, field
from enum import StrEnum


class Answer(StrEnum):
    TAKEN = "taken"
    BUSY = "busy"
    BROKEN = "broken"
    NONE = "none"


@dataclass
class Trouble:
    """`share` of all requests goes wrong, alike in each of the ways; others take up to `slow` s.

    Receivers that answer nothing wait longer than any channel does.
    """

    share: float
    slow: float
    seed: int
    patience: float = 7.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self):
        self._chance = random.Random(self.seed)

    def draw(self):
        """The answer, and how many seconds to wait before it."""
        with self._lock:
            if self._chance.random() < self.share:
                answer = self._chance.choice((Answer.BUSY, Answer.BROKEN, Answer.NONE))
                return answer, self.patience if answer is Answer.NONE else 0.0
            return Answer.TAKEN, self._chance.uniform(0, self.slow)
