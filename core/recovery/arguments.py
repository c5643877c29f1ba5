"""Reads what policies write as arguments of actions and probes; says what is wrong and where."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from core.errors import Category
from core.recovery.action import ActionError


class ArgumentError(ActionError):
    """The arguments of the action or probe cannot be used."""

    code = "ML-ACT-0002"
    category: ClassVar[Category] = Category.VALIDATION
    http_status: ClassVar[int] = 422

    def __init__(self, message: str | None = None, **context: Any) -> None:
        super().__init__(message, permanent=True, **context)


class Arguments:
    """One reading; used as a context it refuses, at its end, what nobody has asked for."""

    def __init__(self, owner: str, given: Mapping[str, Any]) -> None:
        self._owner = owner
        self._given = given
        self._read: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        unknown = sorted(self._given.keys() - self._read)
        if kind is None and unknown:
            known = ", ".join(sorted(self._read)) or "none"
            raise self._wrong(f"does not know {', '.join(unknown)}; its arguments are: {known}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self._get(name, default)
        if isinstance(value, str) and value.strip():
            return value
        raise self._wrong(f"needs {name}, a text")

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self._get(name) is not None else None

    def number(self, name: str, default: float | None = None, *, low: float, high: float) -> float:
        value = self._get(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise self._wrong(f"needs {name}, a number from {low:g} to {high:g}")

    def whole(self, name: str, default: int | None = None, *, low: int, high: int) -> int:
        value = self._get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise self._wrong(f"needs {name}, a whole number from {low} to {high}")

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._get(name, default)
        if isinstance(value, bool):
            return value
        raise self._wrong(f"needs {name}, true or false")

    def choice(self, name: str, among: Collection[str], default: str | None = None) -> str:
        value = self._get(name, default)
        if isinstance(value, str) and value in among:
            return value
        raise self._wrong(f"needs {name}, one of {', '.join(sorted(among)) or '(none)'}")

    def table(self, name: str) -> Mapping[str, Any]:
        value = self._get(name, {})
        if isinstance(value, Mapping):
            return value
        raise self._wrong(f"needs {name}, a table")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._get(name, [])
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise self._wrong(f"needs {name}, a list of texts")

    def values(self, name: str) -> tuple[Any, ...]:
        value = self._get(name, [])
        if isinstance(value, list | tuple):
            return tuple(value)
        raise self._wrong(f"needs {name}, a list")

    def value(self, name: str, default: Any = None) -> Any:
        """Whatever was given."""
        return self._get(name, default)

    def declared(self, name: str, among: Mapping[str, Any], place: str) -> Any:
        """What the configuration declares under the name; `place` is its table there."""
        wanted = self.text(name)
        if wanted in among:
            return among[wanted]
        known = ", ".join(sorted(among)) or "none"
        raise self._wrong(f"names the {name} {wanted!r}; declared under [{place}] are: {known}")

    def _get(self, name: str, default: Any = None) -> Any:
        self._read.add(name)
        value = self._given.get(name)
        return default if value is None else value

    def _wrong(self, why: str) -> ArgumentError:
        return ArgumentError(f"{self._owner} {why}.", owner=self._owner)
