"""What other rules would have made of stored events, before they are switched on.

The newest events of each issue are grouped twice, by the rules that hold and by those proposed. An
event that gets the same key stays where it is; one that gets another key goes where that key leads,
or to an issue that is not there yet. Nothing is written, and only counts and a few examples are
kept: memory grows with the issues looked at, not with their events.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from core.analysis import Knowledge, RuleSet
from core.grouping import keys
from core.grouping.keys import Key
from core.grouping.stored import Regrouped, Scope, StoredEvents
from core.store.engine import driver_connection

EXAMPLES: Final = 3
PENDING: Final = 200
MOST_PLACES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where events would be: an issue that is there, or a new one that has only its key."""

    issue_id: int | None
    issue_key: str = ""
    title: str = ""


OTHERS: Final = Place(None, "…", "all further new issues")


@dataclass(slots=True)
class Move:
    """Events of one issue that would be in another place."""

    events: int = 0
    examples: list[str] = field(default_factory=list)
    rule: str = ""

    def add(self, event_id: str, rule: str) -> None:
        self.events += 1
        self.rule = self.rule or rule
        if len(self.examples) < EXAMPLES:
            self.examples.append(event_id)


@dataclass(frozen=True, slots=True)
class Changed:
    """An issue, or one to be, with what would become of it. `parts`: by issue or key, how many
    events, which rule, and examples.
    """

    place: Place
    parts: tuple[tuple[Place, Move], ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`issues` and `events` were looked at; `moved` events would be in another issue.

    `merged`: places that would hold events of several issues. `split`: issues whose events would
    be in several places. `retitled`, `reclassified` and `ignored`: issues with such events.
    `hits`: events by rule. `complete`: nothing was left out for the limit.
    """

    issues: int
    events: int
    moved: int
    merged: tuple[Changed, ...]
    split: tuple[Changed, ...]
    retitled: tuple[Changed, ...]
    reclassified: tuple[Changed, ...]
    ignored: tuple[Changed, ...]
    hits: Mapping[str, int]
    complete: bool


Progress = Callable[[int, int], None]


def preview(
    session: Session,
    scope: Scope,
    proposed: RuleSet,
    knowledge: Knowledge,
    *,
    progress: Progress = lambda _issues, _events: None,
) -> Preview:
    """`progress` hears how many issues and events were looked at."""
    tally = _Tally(session, scope.project_id)
    looking = StoredEvents(session, scope, knowledge, proposed)
    for event in looking.events():
        tally.add(event)
        if looking.looked % PENDING == 0:
            progress(looking.issues, looking.looked)
    progress(looking.issues, looking.looked)
    return tally.result(looking)


class _Tally:
    """Counts who would go where. Keys are looked up together, some hundred at a time."""

    def __init__(self, session: Session, project_id: int) -> None:
        self._session = session
        self._project_id = project_id
        self._leads: dict[Key, int] = {}
        self._pending: list[Regrouped] = []
        self._moves: dict[tuple[int, Place], Move] = {}
        self._titles: dict[str, str] = {}
        self._marks: dict[str, dict[int, Move]] = {"title": {}, "kind": {}, "ignore": {}}
        self._new_titles: dict[int, str] = {}
        self._hits: Counter[str] = Counter()

    def add(self, event: Regrouped) -> None:
        ruled = event.after.ruled
        self._hits.update(name for name in (ruled.grouping, ruled.classification) if name)
        self._pending.append(event)
        if len(self._pending) >= PENDING:
            self._settle()

    def result(self, looking: StoredEvents) -> Preview:
        self._settle()
        by_place: dict[Place, list[tuple[Place, Move]]] = {}
        by_issue: dict[int, list[tuple[Place, Move]]] = {}
        for (issue_id, place), move in self._moves.items():
            issue = Place(issue_id, title=looking.titles.get(issue_id, ""))
            shown = self._named(place, looking)
            by_place.setdefault(shown, []).append((issue, move))
            by_issue.setdefault(issue_id, []).append((shown, move))
        moved = sum(m.events for (issue, to), m in self._moves.items() if to.issue_id != issue)
        return Preview(
            issues=looking.issues,
            events=looking.looked,
            moved=moved,
            merged=_several(by_place.items()),
            split=_several(
                (Place(issue, title=looking.titles.get(issue, "")), parts)
                for issue, parts in by_issue.items()
            ),
            retitled=self._marked("title", looking),
            reclassified=self._marked("kind", looking),
            ignored=self._marked("ignore", looking),
            hits=dict(self._hits.most_common()),
            complete=looking.complete,
        )

    def _settle(self) -> None:
        wanted = {
            Key(self._project_id, event.after.grouping.issue_key)
            for event in self._pending
            if event.after.grouping.issue_key != event.before.grouping.issue_key
        }
        self._leads = dict(keys.leads(driver_connection(self._session), wanted))
        for event in self._pending:
            self._place(event)
        self._pending.clear()

    def _place(self, event: Regrouped) -> None:
        before, after = event.before, event.after
        key, rule = after.grouping.issue_key, after.ruled.grouping
        if key == before.grouping.issue_key:
            place = Place(event.issue_id)
        else:
            place = self._elsewhere(event)
        self._moves.setdefault((event.issue_id, place), Move()).add(event.event_id, rule)
        if after.grouping.title != before.grouping.title:
            self._new_titles.setdefault(event.issue_id, after.grouping.title)
            self._mark("title", event, rule)
        if after.classification.category is not before.classification.category or (
            after.classification.transient != before.classification.transient
        ):
            self._mark("kind", event, after.ruled.classification)
        if after.ruled.ignored and not before.ruled.ignored:
            self._mark("ignore", event, rule)

    def _elsewhere(self, event: Regrouped) -> Place:
        """Rules that make an issue of nearly every event stop being told apart at some point."""
        grouping = event.after.grouping
        leads = self._leads.get(Key(self._project_id, grouping.issue_key))
        if leads is not None:
            return Place(leads)
        place = Place(None, grouping.issue_key)
        if grouping.issue_key not in self._titles:
            if len(self._titles) >= MOST_PLACES:
                return OTHERS
            self._titles[grouping.issue_key] = grouping.title
        return place

    def _mark(self, what: str, event: Regrouped, rule: str) -> None:
        self._marks[what].setdefault(event.issue_id, Move()).add(event.event_id, rule)

    def _named(self, place: Place, looking: StoredEvents) -> Place:
        if place is OTHERS:
            return place
        if place.issue_id is None:
            return Place(None, place.issue_key, self._titles.get(place.issue_key, ""))
        return Place(place.issue_id, title=looking.titles.get(place.issue_id, ""))

    def _marked(self, what: str, looking: StoredEvents) -> tuple[Changed, ...]:
        changed = []
        for issue_id, move in self._marks[what].items():
            place = Place(issue_id, title=looking.titles.get(issue_id, ""))
            title = self._new_titles.get(issue_id, "") if what == "title" else ""
            changed.append(Changed(place, ((place, move),), title))
        return tuple(sorted(changed, key=_size))


def _several(groups: Iterable[tuple[Place, list[tuple[Place, Move]]]]) -> tuple[Changed, ...]:
    """Those with more than one part, the largest first."""
    found = [Changed(place, tuple(parts)) for place, parts in groups if len(parts) > 1]
    return tuple(sorted(found, key=_size))


def _size(changed: Changed) -> int:
    return -sum(move.events for _, move in changed.parts)
