"""What this thread of work is about; it travels from request to task to log line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Final

# Allowed names, so that nothing unbounded or secret rides along.
FIELDS: Final = frozenset({"request_id", "project_id", "component", "task", "task_id", "work_id"})

_current: ContextVar[Mapping[str, str]] = ContextVar("mendline_context", default={})  # noqa: B039


def current() -> Mapping[str, str]:
    return _current.get()


@contextmanager
def bound(**values: str | None) -> Iterator[None]:
    """Adds to the context for the time of the block; `None` leaves a field as it is."""
    unknown = values.keys() - FIELDS
    if unknown:
        raise ValueError(f"not context fields: {sorted(unknown)}")
    known = {name: value for name, value in values.items() if value is not None}
    token = _current.set({**_current.get(), **known})
    try:
        yield
    finally:
        _current.reset(token)


def enter(values: Mapping[str, str]) -> Token[Mapping[str, str]]:
    """Begins a piece of work of its own; for hot paths, the caller vouches for the names."""
    return _current.set(values)


def leave(token: Token[Mapping[str, str]]) -> None:
    _current.reset(token)
