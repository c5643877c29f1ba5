"""Texts of notifications as people word them: Jinja2 in its sandbox, small, and never in the way.

What is written there is a file of the operator; what it shows comes from strangers. A template can
reach nothing but the values of the notice, and an alarm goes out even where its template is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import structlog

from core.alerts.channel import Notice
from core.alerts.snapshot import written
from core.errors import UnprocessableError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

log = structlog.get_logger()

LONGEST: Final = 16_000
LONGEST_SOURCE: Final = 8_000


class TemplateError(UnprocessableError):
    """The template cannot be rendered."""

    code = "ML-ALERT-0023"


@dataclass(frozen=True, slots=True)
class Wording:
    """None leaves the words as they are."""

    title: str | None = None
    text: str | None = None


def worded(notice: Notice, wording: Wording) -> Notice:
    """With the words that the channel wants; with its own where those cannot be had."""
    changes: dict[str, str] = {}
    for field, source in (("title", wording.title), ("summary", wording.text)):
        if source is None:
            continue
        try:
            if made := rendered(source, notice):  # a text of nothing is refused by most channels
                changes[field] = made
        except TemplateError as error:
            log.warning("alert.template_failed", field=field, error=str(error))
    return replace(notice, **changes)  # type: ignore[arg-type]


def rendered(source: str, notice: Notice) -> str:
    """What `source` makes of a notice; raises `TemplateError`."""
    from jinja2.exceptions import TemplateError as JinjaError  # noqa: PLC0415 (slow to import)

    try:
        parts = _environment().from_string(source).generate(values(notice))
        return _cut(parts)
    except (
        *(JinjaError, ArithmeticError, AttributeError, LookupError),
        *(RecursionError, TypeError, ValueError),
    ) as error:
        raise TemplateError(f"The template cannot be rendered: {error}") from error


def problem(source: str) -> str | None:
    """What is wrong with a template whatever it is about; for people."""
    from jinja2.exceptions import TemplateError as JinjaError  # noqa: PLC0415

    if len(source) > LONGEST_SOURCE:
        return f"The template is longer than {LONGEST_SOURCE} characters."
    try:
        _environment().from_string(source)
    except JinjaError as error:
        return f"The template cannot be read: {error}"
    return None


def values(notice: Notice) -> Mapping[str, Any]:
    """What a template can name."""
    found = written(notice)
    alerts = found["alerts"]
    return {
        **found,
        "truncated": found["truncated"] + notice.truncated,
        "severity": notice.severity,
        "firing": [each for each in alerts if each["state"] != "resolved"],
        "resolved": [each for each in alerts if each["state"] == "resolved"],
        "labels": found["group_labels"],
    }


def _cut(parts: Any) -> str:
    """Stops as soon as there is enough, so that no loop fills the memory."""
    found, size = [], 0
    for part in islice(parts, LONGEST):
        found.append(part)
        size += len(part)
        if size > LONGEST:
            break
    return "".join(found)[:LONGEST].strip()


@cache
def _environment() -> "SandboxedEnvironment":
    from jinja2 import StrictUndefined  # noqa: PLC0415 (slow to import; most tell nobody)
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    found = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    found.globals.clear()  # no range, no cycler: a template goes through what is there
    return found
