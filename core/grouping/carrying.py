"""Carries issue keys over to a newer way of grouping, so that it splits no issue.

Keys that the newer algorithm gives otherwise are found before it meets the first event:

1. Every key is asked again by its example, and by the newest stored events that it was given to.
2. The new keys lead where the old one leads; the old one stays. Where a merge is undone later, the
   new keys go back with the old ones.
3. A new key that leads to another issue already stays there: the newer algorithm takes the two for
   one. That is suggested to people, and never done for them.

A batch of issues is one transaction, and each key tells how far it was carried: this can be broken
off at any line and goes on with the next call. Calls at the same time take turns.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import orjson
import structlog
from psycopg.errors import DeadlockDetected
from sqlalchemy.orm import Session

from core.analysis import CURRENT, NO_RULES, Algorithm, Knowledge
from core.analysis.failing import PURE_FAILURES
from core.analysis.result import Analysis
from core.clock import Clock
from core.errors import DatabaseConflictError
from core.grouping import keys
from core.grouping.example import example
from core.grouping.keys import Key, NewKey, OldKey
from core.grouping.loading import Rulebooks
from core.grouping.progress import Carried
from core.store import signals
from core.store.engine import Database, driver_connection
from core.store.payloads import PayloadError, Payloads
from core.store.signals import NewSignal, SignalKind

ISSUES_AT_ONCE: Final = 25
EVENTS_OF_ISSUE: Final = 20
ATTEMPTS: Final = 5
# What analysis failed on when it came has a key that no algorithm gave.
UNDIGESTIBLE: Final = "undigestible"

log = structlog.get_logger()


Progress = Callable[[Carried, int], None]


class Carrying:
    """`progress` is told after each batch what is done, and how many keys are left to look at."""

    def __init__(
        self,
        database: Database,
        knowledge: Knowledge,
        clock: Clock,
        *,
        algorithm: Algorithm = CURRENT,
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._clock = clock
        self._algorithm = algorithm
        self._payloads = Payloads()
        self._rulebooks = Rulebooks()

    def run(self, progress: Progress | None = None) -> Carried:
        """Until no key is older: others may have filed under an older version meanwhile."""
        total, after = Carried(), 0
        while self.waiting():
            done, after = self._tried(after)
            total += done
            if progress is not None and done.issues:
                progress(total, self.waiting())
        if total.keys:
            log.info("grouping.carried", keys=total.keys, added=total.added, to=self._version)
        return total

    def _tried(self, after: int) -> tuple[Carried, int]:
        """Who merges issues meanwhile is in the way of one attempt, seldom of two."""
        for _ in range(ATTEMPTS - 1):
            with suppress(DatabaseConflictError, DeadlockDetected):
                return self.step(after=after)
        return self.step(after=after)

    def waiting(self) -> int:
        with self._database.transaction() as session:
            return keys.waiting(driver_connection(session), self._version)

    def step(self, *, after: int = 0) -> tuple[Carried, int]:
        """One batch of issues beyond `after`; what was done, and the last issue (0 at the end)."""
        with self._database.transaction() as session:
            connection = driver_connection(session)
            keys.wait_for_turn(connection)
            chosen = keys.issues(connection, self._version, after=after, limit=ISSUES_AT_ONCE)
            if not chosen:
                return Carried(), 0
            known = keys.old(connection, chosen, self._version)
            fresh, pairs = self._sorted_out(session, list(self._regrouped(session, chosen, known)))
            now = self._clock.now()
            added = keys.add(connection, fresh, version=self._version, now=now)
            signals.add(session, [self._signal(*pair) for pair in sorted(pairs)])
            keys.done(connection, chosen, self._version)
            return Carried(len(chosen), len(known), len(added), len(pairs)), chosen[-1]

    @property
    def _version(self) -> int:
        return self._algorithm.version

    def _regrouped(
        self, session: Session, chosen: list[int], known: list[OldKey]
    ) -> Iterator[NewKey]:
        """Each key with the one that the algorithm gives now, from all that shows it."""
        for old in known:
            event = self._example(session, old)
            if event is not None:
                yield from self._newly(session, old, event, old.example)
        events = list(self._events(session, chosen))
        found = keys.leads(driver_connection(session), {key for key, _, _ in events})
        for key, rule, event in events:
            if key in found:
                yield from self._newly(session, OldKey(key, found[key], rule, None), event)

    def _example(self, session: Session, old: OldKey) -> dict[str, Any] | None:
        """None where there is none, or where it is damaged: then the stored events have to do."""
        if old.example is None:
            return None
        try:
            return dict(orjson.loads(self._payloads.raw(session, old.example, None)))
        except (PayloadError, ValueError) as error:
            log.warning("grouping.payload_skipped", error=str(error))
            return None

    def _events(
        self, session: Session, chosen: list[int]
    ) -> Iterator[tuple[Key, str | None, dict[str, Any]]]:
        """The newest stored events: the key that each was given, by which rule, and itself."""
        connection = driver_connection(session)
        for project_id, dictionary_id, payload in keys.newest_events(
            connection, chosen, EVENTS_OF_ISSUE
        ):
            try:
                document = self._payloads.unpack(session, payload, dictionary_id)
            except PayloadError as error:
                log.warning("grouping.payload_skipped", error=str(error))
                continue
            analysis = document.get("analysis") or {}
            rules = analysis.get("rules") or {}
            key = analysis.get("issue_key")
            if key and analysis.get("rule") != UNDIGESTIBLE:
                rule = rules.get("grouping") if rules.get("keyed") else None
                yield Key(project_id, key), rule, document.get("event") or {}

    def _newly(
        self, session: Session, old: OldKey, event: dict[str, Any], packed: bytes | None = None
    ) -> Iterator[NewKey]:
        try:
            found = self._analysed(session, old, event)
        except PURE_FAILURES as error:
            # An upgrade must not end here: such events are stored as undigestible from now on.
            log.exception("grouping.event_skipped", issue_id=old.issue_id, error=repr(error))
            return
        if found is None or found.grouping.issue_key == old.key.issue_key:
            return
        if packed is None and (document := example(event)) is not None:
            packed = self._payloads.pack(session, document, None)
        yield NewKey(
            key=Key(old.key.project_id, found.grouping.issue_key),
            issue_id=old.issue_id,
            mechanism=found.grouping.mechanism.value,
            rule=old.rule,
            example=packed,
            old=old.key.issue_key,
        )

    def _analysed(self, session: Session, old: OldKey, event: dict[str, Any]) -> Analysis | None:
        """Under the conditions of the old key: by the same rule, or by none.

        What another rule makes of it is no matter of the algorithm; nothing, if its rule is gone.
        """
        if old.rule is None:
            return self._algorithm.analyse(event, self._knowledge, NO_RULES)
        project_id = old.key.project_id
        rules = self._rulebooks.current(driver_connection(session), [project_id])
        found = self._algorithm.analyse(event, self._knowledge, rules.get(project_id, NO_RULES))
        same = found.ruled.keyed and found.ruled.grouping == old.rule
        return found if same else None

    def _sorted_out(
        self, session: Session, wanted: list[NewKey]
    ) -> tuple[list[NewKey], set[tuple[int, int, int]]]:
        """Each new key once, for the oldest issue; `(project, older, younger)` share one."""
        found = dict(keys.leads(driver_connection(session), {each.key for each in wanted}))
        fresh: list[NewKey] = []
        pairs: set[tuple[int, int, int]] = set()
        for each in sorted(wanted, key=lambda new: (new.issue_id, new.key)):
            if each.key not in found:
                found[each.key] = each.issue_id
                fresh.append(each)
            elif found[each.key] != each.issue_id:
                first, second = sorted((found[each.key], each.issue_id))
                pairs.add((each.key.project_id, first, second))
        return fresh, pairs

    def _signal(self, project_id: int, older: int, younger: int) -> NewSignal:
        return NewSignal(
            project_id=project_id,
            issue_id=older,
            kind=SignalKind.MERGE_SUGGESTED,
            at=self._clock.now(),
            detail={
                "issues": [str(older), str(younger)],
                "reason": "same_key",
                "grouping_version": self._version,
            },
        )
