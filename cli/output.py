"""Answers on standard output: JSON for programs, tables for people, plain columns for pipes."""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final

import click
import orjson
from pydantic import BaseModel

from web.api.schemas.shape import rfc3339

# What a terminal obeys instead of showing it; JSON escapes but the first 32 of these by itself.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LEFT_IN_JSON: Final = re.compile(rb"\x7f|\xc2[\x80-\x9f]")


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Enum):
        return value.value
    return str(value)


def shown(schema: type[BaseModel], thing: Any) -> dict[str, Any]:
    """A thing in the very shape in which the API shows it."""
    return schema.model_validate(thing).model_dump(mode="json")


def printable(text: str) -> str:
    """Titles and messages come from strangers; they may not steer the terminal they are read in."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\r\n", "\n"))


def say(text: str) -> None:
    """A sentence that may hold what came from outside."""
    click.echo(printable(text))


def encoded(value: Any, option: int = 0) -> bytes:
    """JSON that may be looked at in a terminal as well."""
    options = option | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
    found = orjson.dumps(value, default=plain, option=options)
    return _LEFT_IN_JSON.sub(lambda each: b"\\u%04x" % ord(each[0].decode()), found)


def print_json(value: Any) -> None:
    click.echo(encoded(value, orjson.OPT_INDENT_2))


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool = False
) -> None:
    """The whole rows as JSON, or these columns of them as a table."""
    if as_json:
        print_json([dict(row) for row in rows])
        return
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    titles = [column.replace("_", " ") for column in columns]
    if sys.stdout.isatty():
        _print_table(titles, cells)
    else:
        _print_columns(titles, cells)


def print_fields(fields: Mapping[str, Any], *, as_json: bool = False) -> None:
    """One thing, a field a line; texts of several lines stand below their name."""
    if as_json:
        print_json(dict(fields))
        return
    width = max((len(name) for name in fields), default=0) + 2
    for name, value in fields.items():
        text = _cell(value)
        click.echo(f"{name}:\n{text}" if "\n" in text else f"{name + ':':<{width}}{text}".rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return encoded(value).decode()
    return printable(str(plain(value)))


def _print_columns(titles: list[str], cells: list[list[str]]) -> None:
    lines = [[text.replace("\n", " ").replace("\t", " ") for text in line] for line in cells]
    for line in [titles, *lines]:
        click.echo("\t".join(line))


def _print_table(titles: list[str], cells: list[list[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 (only people at a terminal wait for it)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    for line in cells:
        table.add_row(*(Text(text) for text in line))  # no markup: titles hold brackets
    Console().print(table)
