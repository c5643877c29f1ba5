"""Which issues come together more often than chance has it. A hint, never a cause.

1. Two issues share minutes, traces or users. How many they would share by chance alone is known
   from how many each has: the hypergeometric distribution, that is Fisher's exact test.
2. Among many candidates some pass by chance; the procedure of Benjamini and Hochberg keeps the
   share of such among the hints below `FALSE_SHARE`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, lgamma

FALSE_SHARE = 0.05
# Less in common, or hardly more than by chance, is no hint however sure it is.
FEWEST_SHARED = 3
LEAST_LIFT = 1.5


@dataclass(frozen=True, slots=True)
class Together:
    """Of `total` minutes, traces or users one issue has `own`, the other `theirs`, both `shared`.

    `basis` says of what, `issue_id` names the other issue.
    """

    issue_id: int
    basis: str
    shared: int
    own: int
    theirs: int
    total: int

    @property
    def expected(self) -> float:
        return self.own * self.theirs / self.total if self.total else 0.0

    @property
    def lift(self) -> float:
        return self.shared / self.expected if self.expected else 0.0


@dataclass(frozen=True, slots=True)
class Hint:
    """`p` is the chance of so many in common or more; `q` is that after the correction."""

    together: Together
    p: float
    q: float
    reason: str


def hints(candidates: Iterable[Together]) -> list[Hint]:
    """Those that do not come by chance, the surest first."""
    tested = [(each, chance(each)) for each in candidates if each.shared > 0]
    corrected = corrected_chances([p for _, p in tested])
    found = [
        Hint(each, p, q, _reason(each, q))
        for (each, p), q in zip(tested, corrected, strict=True)
        if q <= FALSE_SHARE and each.shared >= FEWEST_SHARED and each.lift >= LEAST_LIFT
    ]
    return sorted(found, key=lambda hint: (hint.q, -hint.together.lift, hint.together.issue_id))


def chance(found: Together) -> float:
    """The upper tail of the hypergeometric distribution."""
    total, own, theirs = found.total, found.own, found.theirs
    most = min(own, theirs)
    if found.shared <= 0 or total < max(own, theirs):
        return 1.0
    whole = _chosen(total, theirs)
    least = max(found.shared, own + theirs - total)
    terms = (
        exp(_chosen(own, both) + _chosen(total - own, theirs - both) - whole)
        for both in range(least, most + 1)
    )
    return min(sum(terms), 1.0)


def corrected_chances(chances: Sequence[float]) -> list[float]:
    """As Benjamini and Hochberg: in the order given, each the least share of false ones among all
    that are as sure.
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place], reverse=True)
    corrected, least, count = [1.0] * len(chances), 1.0, len(chances)
    for place, index in enumerate(order):
        least = min(least, chances[index] * count / (count - place))
        corrected[index] = least
    return corrected


def _chosen(many: int, few: int) -> float:
    """The logarithm of the number of ways to choose `few` of `many`."""
    return lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)


def _reason(found: Together, q: float) -> str:
    return (
        f"Comes together with it in {found.shared} {found.basis} of its {found.own}; by chance "
        f"{found.expected:.1f} would be expected ({found.lift:.1f} times as many, q = {q:.2g})."
    )
