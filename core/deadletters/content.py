"""What a letter's message says: its arguments, from the raw body where there is nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from core.model.deadletters import DeadLetter

PARTS: Final = 3  # of a body of Celery's protocol: args, kwargs, and what concerns Celery only
ROW_ONLY: Final = frozenset({"work_id"})


@dataclass(frozen=True, slots=True)
class Content:
    """The arguments of a message. `work_id` is the row of the ledger, if it only names one."""

    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def work_id(self) -> int | None:
        found = self.kwargs.get("work_id")
        named = not self.args and self.kwargs.keys() == ROW_ONLY
        return found if named and type(found) is int else None

    def written(self) -> dict[str, Any]:
        return {"args": list(self.args), "kwargs": dict(self.kwargs)}


def content(letter: DeadLetter) -> Content | None:
    """None where not even the raw body tells the arguments."""
    if letter.arguments is not None:
        return _content(letter.arguments.get("args", []), letter.arguments.get("kwargs", {}))
    if letter.raw is None:
        return None
    try:
        body = orjson.loads(letter.raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, list) or len(body) != PARTS:
        return None
    return _content(body[0], body[1])


def _content(args: Any, kwargs: Any) -> Content | None:
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        return None
    return Content(args, kwargs)
