"""`mendline analyze anomalies`: the points of one series, each judged by those before it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from core.analysis.anomalies import Detector


class BadPointError(ValueError):
    """The line is no point of a series."""


class Series:
    """Answers each point in turn."""

    def __init__(self) -> None:
        self._detector = Detector()
        self._last = -math.inf

    def answer(self, line: bytes) -> dict[str, Any]:
        """The record with `score`, `anomalous`, `expected`, `low` and `high`."""
        record = _record(line)
        at, value = moment(record.get("timestamp")), number(record.get("value"))
        if at < self._last:
            raise BadPointError("timestamp is before that of the point above; sort the input")
        self._last = at
        found = self._detector.update(at, value)
        return {
            **record,
            "score": round(found.score, 4),
            "anomalous": found.anomalous,
            "expected": found.expected,
            "low": found.low,
            "high": found.high,
        }


def _record(line: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadPointError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadPointError("not a JSON object")
    return found


def moment(told: object) -> float:
    """Seconds since the epoch, from a number of them or a date; without a zone it is UTC."""
    if isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told):
        return float(told)
    if not isinstance(told, str):
        raise BadPointError("timestamp is missing; give a date, or seconds since 1970")
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise BadPointError(f"timestamp {told!r} is no date as RFC 3339 has it") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def number(told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise BadPointError("value is missing or no number")
    return float(told)
