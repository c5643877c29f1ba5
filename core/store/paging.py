"""Pages of long lists by keyset: a page is found by the row it begins after, never by counting."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import InvalidInputError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BIGINT: Final = 2**63
DIGITS: Final = 39  # of the largest UUID

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


class InvalidCursorError(InvalidInputError):
    """The cursor was not made by this list."""

    code = "ML-VAL-0005"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows of a list in falling order: after `(value, tie)`, or before it.

    Written as `value:tie:0` or `value:tie:1`, which is the shape of Sentry's cursors.
    """

    value: int
    tie: int
    backwards: bool = False

    def __str__(self) -> str:
        return f"{self.value}:{self.tie}:{int(self.backwards)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            value, tie, backwards = (int(part[: DIGITS + 2]) for part in text.split(":"))
        except ValueError as error:
            raise InvalidCursorError from error
        if backwards not in {0, 1}:
            raise InvalidCursorError
        return cls(value, tie, bool(backwards))


@dataclass(frozen=True, slots=True)
class Number:
    """How the values of a column are written as whole numbers in a cursor."""

    write: Callable[[Any], int]
    read: Callable[[int], Any]

    def read_place(self, number: int) -> Any:
        try:
            return self.read(number)
        except (ValueError, OverflowError) as error:
            raise InvalidCursorError from error


def _whole(number: int) -> int:
    if abs(number) >= BIGINT:
        raise OverflowError
    return number


WHOLE: Final = Number(int, _whole)
MOMENT: Final = Number(
    lambda moment: (moment - EPOCH) // timedelta(microseconds=1),
    lambda number: EPOCH + timedelta(microseconds=number),
)
UUID: Final = Number(lambda value: int(value.int), lambda number: uuid.UUID(int=number))


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in falling order, and the places before the first and after the last of them."""

    rows: tuple[AnyRow, ...]
    previous: Cursor
    next: Cursor
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: by the column `value`, then by `tie`, greatest first.

    The rows of a page end in these two columns, whatever else the statement selects.
    """

    value: ColumnElement[Any] | InstrumentedAttribute[Any]
    tie: ColumnElement[Any] | InstrumentedAttribute[Any]
    value_as: Number = WHOLE
    tie_as: Number = WHOLE

    def page(
        self, session: Session, statement: AnySelect, *, cursor: Cursor | None, limit: int
    ) -> Page:
        return self.merged(session, [statement], cursor=cursor, limit=limit)

    def merged(
        self,
        session: Session,
        statements: Sequence[AnySelect],
        *,
        cursor: Cursor | None,
        limit: int,
    ) -> Page:
        """One page of several lists, for which the database has an index each, but none for all."""
        found: list[AnyRow] = []
        for statement in statements:
            ordered = statement.add_columns(self.value, self.tie)
            found += session.execute(self._window(ordered, cursor).limit(limit + 1)).all()
        if len(statements) > 1:
            rising = cursor is not None and cursor.backwards
            found.sort(key=lambda row: (row[-2], row[-1]), reverse=not rising)
        return self._cut(found, cursor=cursor, limit=limit)

    def _window(self, statement: AnySelect, cursor: Cursor | None) -> AnySelect:
        if cursor is None:
            return statement.order_by(self.value.desc(), self.tie.desc())
        here = (self.value_as.read_place(cursor.value), self.tie_as.read_place(cursor.tie))
        place = tuple_(self.value, self.tie)
        if cursor.backwards:
            return statement.where(place > here).order_by(self.value, self.tie)
        return statement.where(place < here).order_by(self.value.desc(), self.tie.desc())

    def _cut(self, found: Sequence[AnyRow], *, cursor: Cursor | None, limit: int) -> Page:
        rows, more = tuple(found[:limit]), len(found) > limit
        backwards = cursor is not None and cursor.backwards
        if backwards:
            rows = rows[::-1]
        first, last = self._ends(rows, cursor)
        return Page(
            rows=rows,
            previous=Cursor(*first, backwards=True),
            next=Cursor(*last),
            has_previous=more if backwards else cursor is not None,
            has_next=backwards or more,
        )

    def _ends(
        self, rows: tuple[AnyRow, ...], cursor: Cursor | None
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        if rows:
            return self._place(rows[0]), self._place(rows[-1])
        if cursor is None:
            return (0, 0), (0, 0)
        here = (cursor.value, cursor.tie)
        # Nothing is newer: what comes next begins with the row that the cursor stands on.
        return here, (cursor.value, cursor.tie + 1) if cursor.backwards else here

    def _place(self, row: AnyRow) -> tuple[int, int]:
        return self.value_as.write(row[-2]), self.tie_as.write(row[-1])
