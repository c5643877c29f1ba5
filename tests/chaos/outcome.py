"""What one scenario brought to light."""

import json
from dataclasses import asdict, dataclass, field


@dataclass
class Hit:
    """One fault that was done; `accepted` events came in while it lasted."""

    fault: str
    target: str
    said: str
    lasted: float = 0.0
    accepted: int = 0
    recovered_in: float = 0.0


@dataclass
class Outcome:
    """`lost` and `doubled` list ids of events and of work and must be empty.

    `missed` counts faults whose target was not there, as it had not come back from the last one.
    """

    scenario: str
    about: str
    seed: int
    seconds: float = 0.0
    impossible: str = ""
    hits: list[Hit] = field(default_factory=list)
    missed: int = 0
    accepted: int = 0
    refused: int = 0
    unreachable: int = 0
    availability: float = 1.0
    longest_gap_intake: float = 0.0
    decided: int = 0
    finished: dict[str, int] = field(default_factory=dict)
    longest_gap_work: float = 0.0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    marked_broken: int = 0
    errors_per_minute: float = 0.0
    logged: dict[str, int] = field(default_factory=dict)
    books: dict = field(default_factory=dict)
    doctor: int = -1
    settled_in: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def balanced(self):
        books = self.books
        if not books:
            return False
        received = books["accepted"] + books["skipped"] + sum(books["rejected"].values())
        kept = books["stored"] + books["duplicates"] + books["pending"]
        return books["received"] == received and books["accepted"] == kept

    @property
    def verdict(self):
        if self.impossible:
            return "not possible here"
        return "broken" if self.broken else "kept"

    def recovery_by_target(self):
        """Times in seconds, in the order they came."""
        found = {}
        for hit in self.hits:
            found.setdefault(hit.target, []).append(hit.recovered_in)
        return found


def as_json(outcomes):
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=2)
