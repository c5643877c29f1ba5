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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import itemgetter, xor
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

    def _stars(self) -> list[Merge]:
        """Place by place, so that memory grows with the forms and not with their places, too."""
        forms = list(self.forms)
        sums = [_sum(form) for form in forms]
        found: list[tuple[int, int, Merge]] = []
        for at in range(len(forms[0]) if forms else 0):
            for first, words in _equal_but_for(at, forms, sums):
                form = opened_at(words[forms[first][at]], frozenset({at}))
                strength = len(words) / enough(form, at, words.keys())
                if strength >= 1:
                    members = tuple(sorted(words.values()))
                    found.append((first, at, Merge(strength, form, frozenset({at}), members)))
        return [merge for _, _, merge in sorted(found, key=itemgetter(0, 1))]

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


def _sum(form: Form) -> int:
    """Of the hashes of all tokens at their places: what one of them adds can be taken out."""
    return reduce(xor, map(hash, enumerate(form)), 0)


def _equal_but_for(
    at: int, forms: Sequence[Form], sums: Sequence[int]
) -> Iterator[tuple[int, dict[str, Form]]]:
    """The forms that differ in this place alone, by their word there; with the first's number."""
    near: dict[int, list[int]] = defaultdict(list)
    for number, (form, whole) in enumerate(zip(forms, sums, strict=True)):
        if form[at] == VALUE or is_word(form[at]):
            near[whole ^ hash((at, form[at]))].append(number)
    for numbers in near.values():
        if len(numbers) > 1:
            # Sums may be equal by chance.
            equal: dict[Form, list[int]] = defaultdict(list)
            for number in numbers:
                equal[without(forms[number], frozenset({at}))].append(number)
            for same in equal.values():
                if len(same) > 1:
                    yield same[0], {forms[number][at]: forms[number] for number in same}


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
