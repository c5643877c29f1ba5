"""What waits for the end of a transaction: actions that hang on its commit or on its rollback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

_KEYS: Final = ("mendline.after_commit", "mendline.after_rollback")
AFTER_COMMIT, AFTER_ROLLBACK = _KEYS

Action = Callable[[], None]


class Ending(StrEnum):
    """How a transaction ended. `UNKNOWN`: the server was lost while it was asked to commit."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"
    UNKNOWN = "unknown"


def after_commit(session: Session, action: Action) -> None:
    """Runs `action` once the session's transaction has been committed, never if it rolls back."""
    session.info.setdefault(AFTER_COMMIT, []).append(action)


def after_rollback(session: Session, action: Action) -> None:
    """Runs `action` once the work of this place has been rolled back, never if it is committed.

    For what the database does not take back: a file that was written, a message that was sent.
    """
    session.info.setdefault(AFTER_ROLLBACK, []).append(action)


def run(session: Session, ending: Ending) -> None:
    """All that waited for this ending, in order; one that raises does not keep back the others.

    With an unknown ending nothing runs: it would be right in half of the cases only.
    """
    waiting = {key: session.info.pop(key, []) for key in _KEYS}
    if ending is Ending.COMMITTED:
        _run(waiting[AFTER_COMMIT])
    elif ending is Ending.ROLLED_BACK:
        _run(waiting[AFTER_ROLLBACK])


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part that may fail alone; what waits for its end goes with it."""
    marks = {key: len(session.info.get(key, ())) for key in _KEYS}
    kept = False
    try:
        with session.begin_nested():
            yield
        kept = True
    finally:
        if not kept:
            dropped = {key: _cut(session.info, key, mark) for key, mark in marks.items()}
            _run(dropped[AFTER_ROLLBACK])


def _cut(info: dict[Any, Any], key: str, mark: int) -> list[Action]:
    waiting: list[Action] = info.get(key, [])
    cut = waiting[mark:]
    del waiting[mark:]
    return cut


def _run(actions: list[Action]) -> None:
    with ExitStack() as all_of_them:
        for action in reversed(actions):
            all_of_them.callback(action)
