"""Kinds of failures inside of a family: how each is told, coded, answered and best treated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.analysis.facts import Facts
from core.analysis.proposal import Advice, Proposal, usual
from core.analysis.result import Severity
from core.errors import Category

_CLASS = "*"
_SQLSTATE_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """`status` is the HTTP status to answer with. `again` is advised where the failure passes,
    `never` where it does not; without them the category's policy says it.

    A kind is told by codes (`23*` is a class of SQLSTATE), exception types, words of the message
    in lower case, types that say little (`vague`) and categories, in this order.
    """

    name: str
    about: str
    status: int
    codes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    again: Advice | None = None
    never: Advice | None = None
    severity: Severity | None = None


class Kinds:
    """The kinds of one family; words are looked for in the order given, the last kind is what
    remains.
    """

    def __init__(self, *kinds: Kind) -> None:
        self._all = kinds
        self._by_code = {code: kind for kind in reversed(kinds) for code in kind.codes}
        self._by_type = {name: kind for kind in reversed(kinds) for name in kind.types}
        self._by_vague = {name: kind for kind in reversed(kinds) for name in kind.vague}
        self._worded = tuple((kind, kind.words) for kind in kinds if kind.words)
        self._by_category = {
            category: kind for kind in reversed(kinds) for category in kind.categories
        }

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._all)

    def of(self, facts: Facts) -> Kind:
        return (
            self._of_codes(facts.codes)
            or _first(self._by_type, facts.types)
            or self._of_words(facts.low)
            or _first(self._by_vague, facts.types)
            or self._by_category.get(facts.category, self._all[-1])
        )

    def of_category(self, category: Category) -> Kind | None:
        return self._by_category.get(category)

    def _of_codes(self, codes: tuple[str, ...]) -> Kind | None:
        for code in codes:
            found = self._by_code.get(code)
            if found is None and len(code) == _SQLSTATE_LENGTH:
                found = self._by_code.get(code[:2] + _CLASS)
            if found is not None:
                return found
        return None

    def _of_words(self, low: str) -> Kind | None:
        for kind, words in self._worded:
            for word in words:
                if word in low:
                    return kind
        return None


def _first(kinds: Mapping[str, Kind], names: tuple[str, ...]) -> Kind | None:
    for name in names:
        if name in kinds:
            return kinds[name]
    return None


def proposed(
    family: str, kind: Kind, category: Category, *, transient: bool, retry_after: float | None
) -> Proposal:
    """The kind's own advice, else what is usual for the category. What is used up until a time
    that was told is worth waiting for.
    """
    ends = kind.again is Advice.WAIT and retry_after is not None
    own = kind.again if transient or ends else kind.never
    policy = category.value if own is None else f"{family}.{kind.name}"
    return Proposal(own or usual(category, transient=transient), policy, retry_after)
