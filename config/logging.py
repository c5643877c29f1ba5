"""One JSON object a line on standard error, for our own events and for those of libraries."""

import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Final

import orjson
import structlog
from structlog.processors import ExceptionRenderer, TimeStamper, add_log_level
from structlog.tracebacks import ExceptionDictTransformer

from config.masking import MASK, SENSITIVE_NAMES, mask
from core import context
from core.errors import MendlineError

STANDARD_ERROR: Final = 2
# Chatter that tells an operator nothing which our own events do not tell.
QUIET: Final = (
    "alembic.runtime.migration",
    "asyncio",
    "celery.app.trace",
    "celery.worker.strategy",
    "httpx2",
    "kombu",
    "tornado.access",
    "uvicorn.access",
)

Event = MutableMapping[str, Any]
Sink = Callable[[bytes], None]

_sinks: tuple[Sink, ...] = ()


def copy_to(*sinks: Sink) -> None:
    """Every line goes there, too, from now on; a sink neither waits nor raises."""
    global _sinks  # noqa: PLW0603  (one a process, as the pipeline itself)
    _sinks = sinks


class LineWriter:
    """Writes with one system call and no lock: signal handlers and forked children log, too."""

    def __init__(self, descriptor: int = STANDARD_ERROR) -> None:
        self._descriptor = descriptor

    def msg(self, line: bytes) -> None:
        rest = memoryview(line)
        # A reader that is gone must not take the process with it.
        with contextlib.suppress(OSError):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        for sink in _sinks:
            sink(line)

    debug = info = warning = error = critical = msg


class Context:
    """Adds what every line carries: the process and what this thread of work is about."""

    def __init__(self, process_name: str) -> None:
        self._process = process_name

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        for name, value in context.current().items():
            event.setdefault(name, value)
        event["process"] = self._process
        event["pid"] = os.getpid()
        return event


def error_code(_logger: Any, _method: str, event: Event) -> Event:
    """Names the code of our own exceptions beside their structured trace."""
    found = event.get("exc_info")
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, MendlineError):
        event.setdefault("code", error.code)
    return event


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    for name in event.keys() & SENSITIVE_NAMES:
        event[name] = MASK
    return event


def render(_logger: Any, _method: str, event: Event) -> bytes:
    try:
        line = orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # lone surrogates, integers beyond 64 bits
        line = json.dumps(event, default=repr)
    return mask(line).encode() + b"\n"


class LibraryHandler(logging.Handler):
    """Hands the records of the standard library's `logging` to the same pipeline."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # the arguments do not fit the format
            message = str(record.msg)
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        structlog.get_logger().log(
            level, "library.logged", logger=record.name, message=message, exc_info=record.exc_info
        )


def configure(process_name: str, level: str) -> None:
    """Sets up logging of this process; call it once, first of all. `level` as in the settings."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        processors=[
            Context(process_name),
            add_log_level,
            TimeStamper(fmt="iso", utc=True),
            error_code,
            ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=30)),
            hide_secrets,
            render,
        ],
        logger_factory=lambda *_: LineWriter(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [LibraryHandler()]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = log_crash
    threading.excepthook = log_thread_crash


def log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("process.crashed", exc_info=(kind, error, trace))


def log_thread_crash(arguments: threading.ExceptHookArgs) -> None:
    if isinstance(arguments.exc_value, BaseException):
        log_crash(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
