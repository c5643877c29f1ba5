"""Flower as operators may have it: behind a password on every path, reading only, no contents.

Left to itself Flower shows tasks without a password, `/metrics` even with one, and the arguments
of tasks in its API whatever its formatter does.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from flower.app import Flower
from flower.events import Events
from flower.inspector import Inspector
from flower.urls import settings as page_settings
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.options import OptionParser
from tornado.web import RequestHandler

from config.masking import MASK, mask

# The page of tasks asks for its rows by POST; it is the only one that changes nothing.
READING_POSTS: Final = frozenset({"/tasks/datatable"})
READING: Final = frozenset({"GET", "HEAD"})
CONTENTS: Final = frozenset({"args", "kwargs"})
TEXTS: Final = ("result", "exception", "traceback")
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403


class Refusal(RequestHandler):
    """Answers every method with `status`, before any page of Flower's sees the request."""

    def initialize(self, status: int) -> None:
        self._refused_with = status

    def prepare(self) -> None:
        self.set_status(self._refused_with)
        if self._refused_with == UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Basic realm="flower"')
        self.finish("Access denied")

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here that a forged request could abuse."""


def refusal(request: HTTPServerRequest, credentials: str) -> int | None:
    """The status that a request is refused with, or none when it may pass."""
    expected = "Basic " + b64encode(credentials.encode()).decode()
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        return UNAUTHORIZED
    if request.method in READING:
        return None
    return None if request.method == "POST" and request.path in READING_POSTS else FORBIDDEN


def without_contents(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A task in an event or in a worker's answer, without what was handed to it."""
    hidden = dict.fromkeys(entry.keys() & CONTENTS, MASK)
    texts = {name: mask(entry[name]) for name in TEXTS if isinstance(entry.get(name), str)}
    return {**entry, **texts, **hidden}


def hide(answer: Any) -> Any:
    """Masks the tasks in a worker's answer; scheduled ones stand one level deeper, in `request`."""
    if isinstance(answer, list):
        return [hide(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    inner = {"request": hide(answer["request"])} if "request" in answer else {}
    return without_contents({**answer, **inner})


class MaskedEvents(Events):  # type: ignore[misc]  # Flower has no type information
    def on_event(self, event: Mapping[str, Any]) -> None:
        super().on_event(without_contents(event))


class MaskedInspector(Inspector):  # type: ignore[misc]
    def _on_update(self, workername: str, method: str, response: Any) -> None:
        shown = hide(response) if method in self.task_inspect_methods else response
        super()._on_update(workername, method, shown)


class GuardedFlower(Flower):  # type: ignore[misc]
    """`options` as Flower's own, already set; `user:password` is taken from its `basic_auth`."""

    def __init__(self, options: OptionParser, capp: Celery) -> None:
        loop = IOLoop.current()
        events = MaskedEvents(
            capp,
            io_loop=loop,
            max_workers_in_memory=options.max_workers,
            max_tasks_in_memory=options.max_tasks,
        )
        super().__init__(options=options, capp=capp, events=events, io_loop=loop, **page_settings)
        self.inspector = MaskedInspector(loop, capp, options.inspect_timeout / 1000)

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> Any:
        status = refusal(request, self.options.basic_auth[0])
        if status is not None:
            return self.get_handler_delegate(request, Refusal, {"status": status})
        return super().find_handler(request, **options)
