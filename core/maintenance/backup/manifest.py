"""What a backup says about itself: what went into it, and with what it was made."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Self

import orjson

from core.maintenance.backup.problems import DamagedBackupError

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class TableFacts:
    """`maxima`: the largest value of each column of the primary key that has an order, as text."""

    rows: int
    maxima: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Counted in the very snapshot that the dump is taken in.

    `objects`: how many indexes, constraints, … there are, by kind.
    """

    revision: str | None
    tables: Mapping[str, TableFacts]
    objects: Mapping[str, int]
    wal: str

    @property
    def rows(self) -> int:
        return sum(facts.rows for facts in self.tables.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`key`: id of the key where the dump is encrypted. Sizes in bytes."""

    name: str
    taken_at: datetime
    seconds: float
    database: str
    database_bytes: int
    dump_bytes: int
    mendline: str
    server: str
    program: str
    compression: int
    key: str | None
    contents: Contents
    format: int = FORMAT

    def as_bytes(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        try:
            found = orjson.loads(raw)
            version = found.get("format")
            if version != FORMAT:
                raise DamagedBackupError(
                    f"The backup has format {version!r}, this version reads {FORMAT}; use the "
                    "version that made it."
                )
            return cls(**_values(found))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedBackupError("The manifest of the backup cannot be read.") from error


def _values(found: dict[str, Any]) -> dict[str, Any]:
    contents = found.pop("contents")
    tables = {name: TableFacts(**facts) for name, facts in contents.pop("tables").items()}
    taken_at = datetime.fromisoformat(found.pop("taken_at"))
    return {**found, "taken_at": taken_at, "contents": Contents(**contents, tables=tables)}
