"""The states of a piece of work and the ways between them.

    waiting ──dispatch──▶ published ──start──▶ running ──finish──▶ done
       ▲  ▲                  │  │               │  │
       │  └──send failed─────┘  │               │  └──give up──▶ dead (with its dead letter)
       │                     cancel             │
       └─────────retry, lease lost──────────────┘

A waiting or published row may be cancelled. Done, dead and cancelled are final.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    WAITING = "waiting"
    PUBLISHED = "published"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


FOLLOWERS: Final[Mapping[State, frozenset[State]]] = {
    State.WAITING: frozenset({State.PUBLISHED, State.CANCELLED}),
    State.PUBLISHED: frozenset({State.WAITING, State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.WAITING, State.DONE, State.DEAD}),
    State.DONE: frozenset(),
    State.DEAD: frozenset(),
    State.CANCELLED: frozenset(),
}
LIVE: Final = frozenset({State.WAITING, State.PUBLISHED, State.RUNNING})
