"""What one spooled file holds: a letter to be written, or an order for the work ledger."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from core.errors import Category, ErrorReport, UndecodableError
from core.store import work
from core.store.deadletters import Capture, insert_capture
from core.store.storable import storable
from core.store.work import WorkOrder

_CHECK: Final = 8  # hexadecimal digits of the checksum that a file begins with
_ORDER_FIELDS: Final = {field.name for field in fields(WorkOrder)}


class UnreadableSheetError(UndecodableError):
    """The spooled file is damaged."""

    code = "ML-MSG-0006"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`at` is when it was kept."""

    at: datetime
    content: Capture | WorkOrder

    def write(self, session: Session) -> None:
        if isinstance(self.content, Capture):
            insert_capture(session, self.content, self.at)
        else:
            work.add(session, self.content, self.at)


def pack(sheet: Sheet) -> bytes:
    content = sheet.content
    kind = "letter" if isinstance(content, Capture) else "order"
    values = asdict(content)
    raw = values.pop("raw", None)
    told = {
        "at": sheet.at.isoformat(),
        "kind": kind,
        "values": storable(values | {"due_at": _text(values.get("due_at"))}),
        "raw": base64.b64encode(raw).decode() if raw is not None else None,
    }
    data = orjson.dumps(told)
    return f"{zlib.crc32(data):0{_CHECK}x}".encode() + data


def unpack(data: bytes) -> Sheet:
    try:
        if int(data[:_CHECK], 16) != zlib.crc32(data[_CHECK:]):
            raise UnreadableSheetError
        told = orjson.loads(data[_CHECK:])
        return Sheet(datetime.fromisoformat(told["at"]), _content(told))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise UnreadableSheetError from error


def _content(told: Mapping[str, Any]) -> Capture | WorkOrder:
    values = dict(told["values"])
    due_at = values.pop("due_at", None)
    if told["kind"] == "order":
        known = {name: value for name, value in values.items() if name in _ORDER_FIELDS}
        return WorkOrder(**known, due_at=datetime.fromisoformat(due_at) if due_at else None)
    raw = told["raw"]
    error = values.pop("error")
    return Capture(
        **values,
        raw=base64.b64decode(raw) if raw is not None else None,
        error=ErrorReport(**error | {"category": Category(error["category"])}) if error else None,
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
