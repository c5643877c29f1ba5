"""Finds the patterns of messages online, block by block, with a bounded memory.

1. A line becomes a form (`reading.read`): values by their shape become placeholders.
2. A form that is known, or fits a known one at its opened places, has its pattern.
3. The new forms of a block are put together with the known ones of their length
   (`merging.Bucket`); only lengths with new forms are looked at again.
4. Where patterns become one, the oldest gives the id; the others are remembered as aliases.
5. Above the limit, the patterns that were not seen for longest are forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.analysis.patterns.merging import Bucket, without
from core.analysis.patterns.pattern import Pattern, birth_id
from core.analysis.patterns.reading import VALUE, Form, Line, gaps, is_word, read


@dataclass(frozen=True, slots=True)
class Limits:
    patterns: int = 10_000


class Answer(NamedTuple):
    pattern: Pattern
    parameters: list[str]


class Miner:
    """`known` are patterns of earlier runs, `aliases` the ids that lead to another one."""

    def __init__(
        self,
        known: Iterable[Pattern] = (),
        aliases: Mapping[str, str] | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        self.aliases = dict(aliases or {})
        self._limits = limits or Limits()
        self._forms: dict[Form, Pattern] = {}
        self._ids: dict[str, Pattern] = {}
        self._index: dict[int, dict[frozenset[int], dict[Form, Form]]] = defaultdict(dict)
        self._block = self._line = 0
        self.merge(known)

    @property
    def patterns(self) -> list[Pattern]:
        """Oldest first."""
        return sorted(self._forms.values(), key=lambda each: (each.born, each.pattern_id))

    def learn(self, messages: Sequence[str]) -> list[Answer]:
        """The pattern of each message, as it is once all of them are known."""
        self._block += 1
        lines = [read(message) for message in messages]
        fresh: dict[Form, str] = {}
        homes: dict[Form, Form] = {}
        for line, message in zip(lines, messages, strict=True):
            if line.form not in homes:
                found = self._find(line.form)
                homes[line.form] = found or line.form
                if found is None:
                    fresh[line.form] = message
        moved = self._settle(fresh)
        self._follow()
        answers = [self._answer(line, moved, homes) for line in lines]
        self._forget()
        return answers

    def merge(self, known: Iterable[Pattern]) -> None:
        """Takes over what another miner found; what both know is counted together."""
        lengths = set()
        for pattern in sorted(known, key=lambda each: (each.born, each.pattern_id)):
            lengths.add(len(pattern.form))
            self._block = max(self._block, pattern.born)
            self._line = max(self._line, pattern.seen)
            self._take(pattern)
        for length in lengths:
            self._settle_length(length, {})
        self._follow()
        self._forget()

    def _take(self, pattern: Pattern) -> None:
        there = self._forms.get(pattern.form)
        if there is None:
            self._forms[pattern.form] = self._ids[pattern.pattern_id] = pattern
        else:
            self._unite(there, [pattern])

    def _find(self, form: Form) -> Form | None:
        if form in self._forms:
            return form
        for opened, known in self._index[len(form)].items():
            found = known.get(without(form, opened))
            if found is not None and all(form[at] == VALUE or is_word(form[at]) for at in opened):
                return found
        return None

    def _settle(self, fresh: Mapping[Form, str]) -> dict[Form, Form]:
        by_length: dict[int, dict[Form, str]] = defaultdict(dict)
        for form, message in fresh.items():
            by_length[len(form)][form] = message
        moved: dict[Form, Form] = {}
        for length, forms in by_length.items():
            moved |= self._settle_length(length, forms)
        return moved

    def _settle_length(self, length: int, fresh: Mapping[Form, str]) -> dict[Form, Form]:
        """Where forms went that are no pattern's any more."""
        known = {form: each for form, each in self._forms.items() if len(form) == length}
        bucket = Bucket(
            {form: each.opened for form, each in known.items()} | dict.fromkeys(fresh, frozenset())
        )
        bucket.settle()
        members: dict[Form, list[Form]] = defaultdict(list)
        for form in (*known, *fresh):
            members[bucket.home(form)].append(form)
        for form, before in members.items():
            self._house(
                form,
                bucket.forms[form],
                [known[each] for each in before if each in known],
                min(fresh.get(each, "") for each in before),
            )
        self._reindex(length, bucket.forms)
        return {form: bucket.home(form) for form in bucket.became}

    def _house(
        self, form: Form, opened: frozenset[int], before: list[Pattern], sample: str
    ) -> None:
        if not before:
            pattern = Pattern(self._new_id(form), form, gaps(sample), born=self._block)
        else:
            pattern, *others = sorted(before, key=lambda each: (each.born, each.pattern_id))
            for each in before:
                del self._forms[each.form]
            self._unite(pattern, others)
        pattern.form, pattern.opened = form, opened
        self._forms[form] = self._ids[pattern.pattern_id] = pattern

    def _unite(self, pattern: Pattern, others: Iterable[Pattern]) -> None:
        for other in others:
            pattern.count += other.count
            pattern.seen = max(pattern.seen, other.seen)
            if other.pattern_id != pattern.pattern_id:
                self._ids.pop(other.pattern_id, None)
                self.aliases[other.pattern_id] = pattern.pattern_id

    def _follow(self) -> None:
        """Aliases lead to where their pattern is now."""
        for alias in self.aliases:
            while self.aliases[alias] in self.aliases:
                self.aliases[alias] = self.aliases[self.aliases[alias]]

    def _new_id(self, form: Form) -> str:
        found = birth_id(form)
        while found in self._ids or found in self.aliases:
            found = birth_id((*form, found))
        return found

    def _reindex(self, length: int, forms: Mapping[Form, frozenset[int]]) -> None:
        index: dict[frozenset[int], dict[Form, Form]] = defaultdict(dict)
        for form, opened in forms.items():
            if opened:
                index[opened][without(form, opened)] = form
        self._index[length] = index

    def _answer(self, line: Line, moved: Mapping[Form, Form], homes: Mapping[Form, Form]) -> Answer:
        home = homes[line.form]
        while home not in self._forms:
            home = moved[home]
        pattern = self._forms[home]
        self._line += 1
        pattern.count += 1
        pattern.seen = self._line
        return Answer(pattern, pattern.parameters(*line))

    def _forget(self) -> None:
        surplus = len(self._forms) - self._limits.patterns
        if surplus <= 0:
            return
        oldest = sorted(self._forms.values(), key=lambda each: (each.seen, each.pattern_id))
        gone = oldest[:surplus]
        for pattern in gone:
            del self._forms[pattern.form]
            del self._ids[pattern.pattern_id]
        for length in {len(pattern.form) for pattern in gone}:
            self._reindex(
                length,
                {form: each.opened for form, each in self._forms.items() if len(form) == length},
            )
        self.aliases = {old: new for old, new in self.aliases.items() if new in self._ids}
