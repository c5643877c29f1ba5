"""Matchers on labels, as Alertmanager writes them: `severity=~"critical|high"`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from core.alerts.expression import bounded, expression
from core.errors import UnprocessableError

LONGEST: Final = 500
_WRITTEN: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)


class Operator(StrEnum):
    IS = "="
    IS_NOT = "!="
    FITS = "=~"
    FITS_NOT = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label that an alert does not have is one with an empty value."""

    label: str
    operator: Operator
    value: str

    @classmethod
    def parse(cls, written: str) -> Self:
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise UnprocessableError(
                f'{written!r} is no matcher; write it with =, !=, =~ or !~, as in severity="high".'
            )
        label, operator, value = found.groups()
        return cls.of(label, operator, _unquoted(value))

    @classmethod
    def of(cls, label: str, operator: str, value: str) -> Self:
        """Refuses what could not match."""
        if len(value) > LONGEST:
            raise UnprocessableError(f"The value of {label!r} is longer than {LONGEST} characters.")
        made = cls(label, Operator(operator), value)
        if made.operator in {Operator.FITS, Operator.FITS_NOT}:
            expression(value)
        return made

    @classmethod
    def asked(cls, written: str) -> Self:
        """As `parse`, of a request: nobody may keep us busy with it."""
        return cls.parse(written).bounded()

    def bounded(self) -> Self:
        if self.operator in {Operator.FITS, Operator.FITS_NOT}:
            bounded(self.value)
        return self

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(str(row["label"]), Operator(row["operator"]), str(row["value"]))

    def row(self) -> dict[str, str]:
        return {"label": self.label, "operator": self.operator.value, "value": self.value}

    def fits(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.label, "")
        match self.operator:
            case Operator.IS:
                return value == self.value
            case Operator.IS_NOT:
                return value != self.value
            case Operator.FITS:
                return expression(self.value).fullmatch(value) is not None
            case Operator.FITS_NOT:
                return expression(self.value).fullmatch(value) is None

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.operator}"{escaped}"'


def all_fit(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matcher.fits(labels) for matcher in matchers)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
