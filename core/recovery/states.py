"""The states of a recovery and of its attempts, and the ways between them.

    planned ─▶ acting ─▶ verifying ─▶ recovered | subsided
     │ ▲ │        │         │ └─▶ rolling_back ─▶ rolled_back
     │ │ │        └─────────┴──────────┴────────────┘ │
     │ │ └─▶ awaiting_approval ─▶ approved ─▶ acting  │
     │ └──────────────────────────────────────────────┘  the next attempt
     └─▶ shadowed | reported | refused | escalated | rejected | expired

A planned recovery that a guard put off stays planned, with a time. One that was only watched and
that nobody has told of as well has subsided: the failure does not come again, and that is all that
is known.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    ACTING = "acting"
    VERIFYING = "verifying"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    RECOVERED = "recovered"
    SUBSIDED = "subsided"
    SHADOWED = "shadowed"
    REPORTED = "reported"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ESCALATED = "escalated"
    FAILED = "failed"


_ENDS: Final = frozenset(
    {State.ESCALATED, State.SHADOWED, State.REPORTED, State.REFUSED, State.FAILED}
)
FOLLOWERS: Final[Mapping[State, frozenset[State]]] = {
    State.PLANNED: _ENDS | {State.AWAITING_APPROVAL, State.ACTING, State.VERIFYING},
    State.AWAITING_APPROVAL: frozenset({State.APPROVED, State.REJECTED, State.EXPIRED}),
    State.APPROVED: frozenset({State.ACTING}),
    State.ACTING: frozenset({State.VERIFYING, State.PLANNED}),
    State.VERIFYING: frozenset(
        {State.RECOVERED, State.SUBSIDED, State.ROLLING_BACK, State.PLANNED}
    ),
    State.ROLLING_BACK: frozenset({State.ROLLED_BACK, State.ESCALATED}),
    State.ROLLED_BACK: frozenset({State.PLANNED}),
    **{state: frozenset() for state in _ENDS},
    State.RECOVERED: frozenset(),
    State.SUBSIDED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}
ENDED: Final = frozenset(state for state, next_ones in FOLLOWERS.items() if not next_ones)


class Step(StrEnum):
    """The states of an attempt.

    `unknown`: its worker was lost between the act and its row; only evidence can tell.
    """

    SKIPPED = "skipped"
    REFUSED = "refused"
    AWAITING = "awaiting"
    REPORTED = "reported"
    ORDERED = "ordered"
    RUNNING = "running"
    WATCHED = "watched"
    ACTED = "acted"
    UNKNOWN = "unknown"
    SHADOWED = "shadowed"
    FAILED = "failed"
    VERIFIED = "verified"
    UNPROVEN = "unproven"
    DISPROVED = "disproved"
    UNDOING = "undoing"
    UNDONE = "undone"
    STUCK = "stuck"
    DROPPED = "dropped"
