"""A logged line as a row: known fields in columns, the rest as JSON, nothing secret in either."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

MASK: Final = "[masked]"
LONGEST_TEXT: Final = 8_000
LONGEST_WORD: Final = 200
DEEPEST: Final = 12
DIGITS: Final = 18  # always fit into a column
LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
NAMES: Final = {number: name for name, number in LEVELS.items()}
COLUMNS: Final = frozenset(
    {"timestamp", "level", "event", "process", "pid", "task", "task_id", "request_id", "project_id"}
)
# A clock that is wrong by more would open a partition of its own.
OLDEST: Final = timedelta(days=1)
NEWEST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    level: int
    event: str
    process: str
    host: str
    pid: int
    task: str | None
    task_id: str | None
    request_id: str | None
    project_id: int | None
    fields: str


@dataclass(frozen=True, slots=True)
class Shape:
    """`sensitive`: names whose values are secrets, in small letters, at whatever depth."""

    host: str
    sensitive: Collection[str] = ()

    def row(self, line: bytes, now: datetime) -> Row:
        """What is no JSON object is kept as the text that it is."""
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            found = {"event": "line.plain", "text": line.decode(errors="replace").strip()}
        return self._row(found, now)

    def _row(self, found: Mapping[str, Any], now: datetime) -> Row:
        rest = {name: value for name, value in found.items() if name not in COLUMNS}
        return Row(
            at=_moment(found.get("timestamp"), now),
            level=LEVELS.get(str(found.get("level")), LEVELS["info"]),
            event=_word(found.get("event")) or "",
            process=_word(found.get("process")) or "",
            host=self.host,
            pid=_pid(found.get("pid")),
            task=_word(found.get("task")),
            task_id=_word(found.get("task_id")),
            request_id=_word(found.get("request_id")),
            project_id=_number(found.get("project_id")),
            fields=orjson.dumps(self._clean(rest)).decode(),
        )

    def _clean(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return _text(value, LONGEST_TEXT)
        if depth >= DEEPEST:
            return _text(str(value), LONGEST_WORD)
        if isinstance(value, dict):
            return {
                _text(name, LONGEST_WORD): MASK
                if name.lower() in self.sensitive and each is not None
                else self._clean(each, depth + 1)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._clean(each, depth + 1) for each in value]
        return value


def _text(text: str, longest: int) -> str:
    """PostgreSQL stores no NUL."""
    whole = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole if len(whole) <= longest else whole[:longest] + "…"


def _word(value: Any) -> str | None:
    return None if value is None else _text(str(value), LONGEST_WORD)


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def _moment(value: Any, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    if found.tzinfo is None or not now - OLDEST <= found <= now + NEWEST:
        return now
    return found


def _pid(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0
