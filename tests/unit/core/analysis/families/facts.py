"""Failures in a line: which family takes them, as what kind, and what it reads out of them."""

from typing import Any

from core.analysis.result import Classification
from tests.unit.core.analysis.builders import classified, event, failure


def found(kind: str = "", module: str = "", message: str = "", **more: Any) -> Classification:
    raw = (
        event(failure(kind, message, module=module), **more)
        if kind
        else {"message": message, **more}
    )
    return classified(raw)


def taken(*failed: str, **more: Any) -> tuple[str, dict[str, str]]:
    """The family, and the details that it reads."""
    told = found(*failed, **more)
    return told.family, dict(told.context)


def coded(*failed: str, **more: Any) -> str:
    return found(*failed, **more).code


def answered(*failed: str, **more: Any) -> tuple[str, int, str]:
    """The code, the HTTP status to answer with, and what is proposed."""
    told = found(*failed, **more)
    assert told.proposal is not None
    return told.code, told.http_status, told.proposal.action.value


def read(*failed: str, **more: Any) -> dict[str, str]:
    """The details alone."""
    return dict(found(*failed, **more).context)
