"""Finds the forms that are one message: the second half of telling words from values.

Forms of one length are compared. Until nothing changes:

1. A form that fits another one at its opened places goes into it.
2. Star: forms that are equal but for one place, with enough different words there
   (`slots.enough`), become one form that is open at this place. The clearest first.
3. Record: forms that are equal but for what stands behind `=`; where one has a value, all have.
4. Pair: as star, for two places that change together.

Sources of the ideas: Drain (forms by length, online), IPLoM (few different words at a place are
messages, many are values), Brain (places are judged by how often their words vary). The outcome
depends on the set of forms only, not on their order, so that states can be put together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final, NamedTuple

from core.analysis.patterns.reading import VALUE, Form, is_word
from core.analysis.patterns.slots import FEWEST_WORDS, IDENTIFIERS, enough

MOST_ROUNDS: Final = 20
# Pairs of places are looked at while they are so few in a bucket; more means free text.
MOST_PAIRS: Final = 100_000

Opened = frozenset[int]


class Merge(NamedTuple):
    """`strength`: how many times more words there are than it takes."""

    strength: float
    form: Form
    places: Opened
    members: tuple[Form, ...]


class Bucket:
    """Forms of one length. `became` tells where each form went that is not there any more."""

    def __init__(self, forms: Mapping[Form, Opened]) -> None:
        self.forms = dict(sorted(forms.items()))
        self.became: dict[Form, Form] = {}

    def settle(self) -> None:
        for _ in range(MOST_ROUNDS):
            self._absorb()
            if not (self._apply(self._stars()) or self._records() or self._apply(self._pairs())):
                return

    def home(self, form: Form) -> Form:
        while form not in self.forms:
            form = self.became[form]
        return form

    def _move(self, form: Form, into: Form, places: Opened) -> None:
        if form == into:
            self.forms[form] |= places
            return
        self.forms[into] = self.forms.get(into, frozenset()) | self.forms.pop(form) | places
        self.became[form] = into
        self.became.pop(into, None)

    def _absorb(self) -> None:
        by_places: dict[Opened, dict[Form, Form]] = defaultdict(dict)
        for form, opened in self.forms.items():
            if opened:
                by_places[opened][without(form, opened)] = form
        for opened, known in sorted(by_places.items(), key=lambda item: sorted(item[0])):
            for form in list(self.forms):
                into = known.get(without(form, opened))
                if into is None or into == form or into not in self.forms:
                    continue
                if all(form[at] == VALUE or is_word(form[at]) for at in opened):
                    self._move(form, into, frozenset())

    def _apply(self, merges: Iterable[Merge]) -> bool:
        changed: set[Form] = set()
        for merge in sorted(merges, key=lambda merge: (-merge.strength, merge.form)):
            if changed.isdisjoint(merge.members):
                for form in merge.members:
                    self._move(form, merge.form, merge.places)
                changed |= {merge.form, *merge.members}
        return bool(changed)

    def _stars(self) -> Iterator[Merge]:
        stars: dict[tuple[int, Form, Form], dict[str, Form]] = defaultdict(dict)
        for form in self.forms:
            for at, token in enumerate(form):
                if token == VALUE or is_word(token):
                    stars[at, form[:at], form[at + 1 :]][token] = form
        for (at, before, after), words in stars.items():
            if len(words) > 1:
                form = (*before, VALUE, *after)
                strength = len(words) / enough(form, at, words.keys())
                if strength >= 1:
                    yield Merge(strength, form, frozenset({at}), tuple(sorted(words.values())))

    def _records(self) -> bool:
        groups: dict[Form, list[Form]] = defaultdict(list)
        for form in self.forms:
            places = assigned(form)
            if len(places) > 1:
                groups[without(form, places)].append(form)
        changed = [self._record(forms) for forms in groups.values() if len(forms) > 1]
        return any(changed)

    def _record(self, forms: list[Form]) -> bool:
        varied = frozenset(
            at
            for at in assigned(forms[0])
            if VALUE in (words := {form[at] for form in forms}) and len(words) > 1
        )
        for form in forms if varied else ():
            self._move(form, opened_at(form, varied), varied)
        return bool(varied)

    def _pairs(self) -> Iterator[Merge]:
        pairs: dict[tuple[Opened, Form], list[Form]] = defaultdict(list)
        words = {
            form: [at for at, token in enumerate(form) if is_word(token)] for form in self.forms
        }
        if sum(len(places) * (len(places) - 1) // 2 for places in words.values()) > MOST_PAIRS:
            return
        for form, places in words.items():
            for two in map(frozenset, combinations(places, 2)):
                pairs[two, opened_at(form, two)].append(form)
        for (two, around), members in pairs.items():
            if len(members) >= IDENTIFIERS and sum(map(is_word, around)) >= FEWEST_WORDS:
                strength = min(_pair_strength(around, at, members) for at in two)
                if strength >= 1:
                    yield Merge(len(members), around, two, tuple(sorted(members)))


def _pair_strength(around: Form, at: int, members: list[Form]) -> float:
    """Two places at once prove less: unless they hold identifiers, it takes twice as many."""
    words = {form[at] for form in members}
    needed = enough(around, at, words)
    return len(words) / (needed if needed <= IDENTIFIERS else 2 * needed)


def without(form: Form, places: Opened) -> Form:
    return tuple("" if at in places else token for at, token in enumerate(form))


def opened_at(form: Form, places: Opened) -> Form:
    return tuple(VALUE if at in places else token for at, token in enumerate(form))


def assigned(form: Form) -> Opened:
    """The places behind `=`."""
    return frozenset(
        at
        for at in range(1, len(form))
        if form[at - 1] == "=" and (form[at] == VALUE or is_word(form[at]))
    )
