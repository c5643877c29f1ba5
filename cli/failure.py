"""What went wrong, in two lines for people and as an exit code for programs."""

import sys
import traceback
from dataclasses import replace
from typing import Final

import click

from core.errors import Category, ErrorReport, UndecodableError, report
from core.errors.report import for_console

FAILED: Final = 1
WRONG_USE: Final = 2
UNREACHABLE: Final = 3

AWAY: Final = frozenset({Category.CONNECTION, Category.TIMEOUT, Category.UNAVAILABLE})
SCHEMA: Final = "ML-DB-0004"
# What an argument that is not UTF-8 becomes in Python fits no database and no JSON.
NO_TEXT: Final = "surrogates not allowed"


def explain(error: Exception) -> int:
    """Tells on standard error what went wrong and what to do next; answers with the exit code."""
    found = _report(error)
    if found.category is Category.BUG:
        traceback.print_exception(error, file=sys.stderr)
    click.echo(for_console(found), err=True)
    if found.code == SCHEMA:
        click.echo("`mendline db check` tells how the database stands to this version.", err=True)
    return exit_code(found)


def _report(error: Exception) -> ErrorReport:
    """Of what a server said its own words: the statement and its values are nobody's next step."""
    if isinstance(error, UnicodeEncodeError | TypeError) and NO_TEXT in str(error):
        return report(UndecodableError("An argument is not UTF-8."))
    found, inner = report(error), getattr(error, "orig", None)
    said = str(inner).strip() if isinstance(inner, Exception) else ""
    return replace(found, message=said) if said else found


def exit_code(found: ErrorReport) -> int:
    if found.category in AWAY:
        return UNREACHABLE
    return WRONG_USE if found.category is Category.VALIDATION else FAILED
