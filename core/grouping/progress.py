"""How far keys were carried over."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carried:
    """`keys` were looked at; `added` are new ones; `suggested` pairs of issues may be one."""

    issues: int = 0
    keys: int = 0
    added: int = 0
    suggested: int = 0

    def __add__(self, other: "Carried") -> "Carried":
        return Carried(
            self.issues + other.issues,
            self.keys + other.keys,
            self.added + other.added,
            self.suggested + other.suggested,
        )
