"""Short ways to write events and failures down."""

from typing import Any

from config.knowledge import knowledge
from core.analysis import analyse
from core.analysis.event import Frame
from core.analysis.result import Classification, Grouping

KNOWLEDGE = knowledge()


def frame(function: str, file: str = "shop/cart.py", **more: Any) -> dict[str, Any]:
    return {"function": function, "filename": file, "in_app": True, **more}


def failure(kind: str, value: str = "", *frames: dict[str, Any], **more: Any) -> dict[str, Any]:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, **trace, **more}


def event(*failures: dict[str, Any], platform: str = "python", **more: Any) -> dict[str, Any]:
    return {"platform": platform, "exception": {"values": list(failures)}, **more}


def grouped(raw: dict[str, Any]) -> Grouping:
    return analyse(raw, KNOWLEDGE).grouping


def classified(raw: dict[str, Any]) -> Classification:
    return analyse(raw, KNOWLEDGE).classification


def key(raw: dict[str, Any]) -> str:
    return grouped(raw).issue_key


def call(function: str, module: str = "", file: str = "", package: str = "") -> Frame:
    return Frame(module, file, function, package=package)
