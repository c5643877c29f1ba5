"""What belongs to the models when database and models are compared: all but the day partitions."""

import re
from typing import Any

from sqlalchemy.schema import SchemaItem

_PARTITION = re.compile(r"(events|log_lines)_\d{8}")


def is_ours(
    item: SchemaItem,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001  the signature is alembic's
    compare_to: Any,
) -> bool:
    """Partitions are made at run time; alembic would drop them, and their indexes with them."""
    if not reflected or compare_to is not None or name is None:
        return True
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
    return _PARTITION.fullmatch(table) is None
