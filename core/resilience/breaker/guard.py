"""A call behind a breaker: as a decorator or a context manager, plain or asynchronous."""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from core.errors import Category, report
from core.resilience.breaker.breakers import Breakers
from core.resilience.breaker.errors import BreakerOpenError
from core.resilience.breaker.permit import Permit

P = ParamSpec("P")
R = TypeVar("R")
Judge = Callable[[BaseException], bool]

# What does not go away by itself, and yet tells that the other side is in trouble.
_SICK = frozenset({Category.SERVER, Category.UNKNOWN, Category.RESOURCE})


def is_failure(error: BaseException) -> bool:
    """An answer like "not found" or "not allowed" shows that the other side is well."""
    if isinstance(error, BreakerOpenError):
        return False
    found = report(error)
    return not found.permanent or found.category in _SICK


class Guard:
    """One call through `with` or `async with`; any number of them as a decorator."""

    def __init__(self, breakers: Breakers, name: str, judge: Judge = is_failure) -> None:
        self._breakers = breakers
        self._name = name
        self._judge = judge
        self._permit: Permit | None = None
        self._begun = 0.0

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", self._around_async(function))

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._fresh():
                return function(*args, **kwargs)

        return guarded

    def _around_async(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            async with self._fresh():
                return await function(*args, **kwargs)

        return guarded

    def _fresh(self) -> "Guard":
        return Guard(self._breakers, self._name, self._judge)

    def __enter__(self) -> Permit:
        self._permit = self._breakers.acquire(self._name)
        self._begun = time.perf_counter()
        return self._permit

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._end(error)

    async def __aenter__(self) -> Permit:
        """Asks beside the event loop where it may have to wait; what came late is asked again."""
        permit = self._breakers.quick(self._name)
        while permit is None:
            permit = await asyncio.to_thread(self._breakers.acquire, self._name)
            permit = permit if self._breakers.holds(permit) else None
        self._permit, self._begun = permit, time.perf_counter()
        return permit

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        permit, seconds = self._permit, time.perf_counter() - self._begun
        assert permit is not None
        if permit.lease or (error is not None and not isinstance(error, Exception)):
            await asyncio.shield(asyncio.to_thread(self._end, error))
        elif self._breakers.note(permit, ok=self._is_ok(error), seconds=seconds):
            await asyncio.to_thread(self._breakers.tell, self._name)

    def _end(self, error: BaseException | None) -> None:
        permit, self._permit = self._permit, None
        assert permit is not None
        seconds = time.perf_counter() - self._begun
        if error is not None and not isinstance(error, Exception):
            self._breakers.abandon(permit)  # broken off from outside: it says nothing
        else:
            self._breakers.report(permit, ok=self._is_ok(error), seconds=seconds)

    def _is_ok(self, error: BaseException | None) -> bool:
        return error is None or not self._judge(error)


def guarded(breakers: Breakers, name: str, judge: Judge = is_failure) -> Guard:
    """`judge` tells which errors are the other side's failures; the rest count as answers."""
    return Guard(breakers, name, judge)
