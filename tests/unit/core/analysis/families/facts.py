"""Facts of a failure in a line, and which family takes them."""

from typing import Any

from tests.unit.core.analysis.builders import classified, event, failure


def taken(
    kind: str = "", module: str = "", message: str = "", **more: Any
) -> tuple[str, dict[str, str]]:
    raw = (
        event(failure(kind, message, module=module), **more)
        if kind
        else {"message": message, **more}
    )
    found = classified(raw)
    return found.family, dict(found.context)
