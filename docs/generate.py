"""Writes the reference pages that are made from the code; `--check` only compares.

Run as `python docs/generate.py`; `make docs` does.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cli.main import mendline as command_line
from config import reference
from config.alert_pages import alert_rules_page
from config.categories import categories_page
from config.pages import families_page, solutions_page
from config.placeholders import placeholders_page
from web.api.app import document

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
WIDTH = 80
INTAKE = (
    "| Operation | What it takes | Credential |",
    "| --- | --- | --- |",
    "| `POST /api/errors` | one error | DSN key or API key as bearer |",
    "| `POST /api/errors/batch` | an array of errors | DSN key or API key as bearer |",
    "| `POST /k/<DSN key>/api/errors` | one error | the key in the path |",
    "| `POST /k/<DSN key>/api/errors/batch` | an array of errors | the key in the path |",
    "| `POST /api/<project id>/envelope/` | a Sentry envelope | as Sentry's SDKs send it |",
    "| `POST /api/<project id>/store/` | one Sentry event | as Sentry's SDKs send it |",
    "| `POST /api/v1/components/<name>/report` | one report or an array | API key as bearer |",
    "| `POST /api/v1/breakers/<name>/report` | the same, for its breaker too | API key as bearer |",
    "| `POST /api/v1/breakers/<name>/acquire` | asks for leave to call | API key as bearer |",
)


def cli_page() -> str:
    root = click.Context(command_line, info_name="mendline", terminal_width=WIDTH)
    body = "\n".join(_command(root, command_line))
    return (
        "# Command line\n\nExit codes: 0 done, 1 the operation failed, 2 wrong use, "
        f"3 a dependency is unreachable.\n\n{body}\n"
    )


def _command(context: click.Context, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            child = command.get_command(context, name)
            if child is not None:
                yield from _command(_below(context, child, name), child)
        return
    yield f"## `{context.command_path}`\n\n```\n{command.get_help(context)}\n```\n"


def _below(context: click.Context, command: click.Command, name: str) -> click.Context:
    return click.Context(command, info_name=name, parent=context, terminal_width=WIDTH)


def http_page() -> str:
    """One line an operation, from the OpenAPI document."""
    lines = [
        "# HTTP",
        "",
        "The whole description is served at `/api/openapi.json`. Errors are",
        "`application/problem+json` (RFC 9457) with `request_id` and `code`. Lists are paged by",
        "cursors in the `Link` header. Times are RFC 3339 in UTC, ids are strings.",
        "",
        "## Intake",
        "",
        *INTAKE,
        "",
        "## Management",
        "",
        "Every operation needs `Authorization: Bearer <API key>`.",
        "",
        "| Operation | What it does |",
        "| --- | --- |",
    ]
    for path, operations in sorted(document()["paths"].items()):
        for method, operation in operations.items():
            lines.append(f"| `{method.upper()} {path}` | {operation.get('summary', '')} |")
    return "\n".join(lines) + "\n"


def load() -> None:
    """Imports all of our modules: the pages list every error class there is."""
    for package in reference.PACKAGES:
        found = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(found, f"{package}."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)


def pages() -> dict[str, str]:
    return {
        "message-templates.md": placeholders_page(),
        "settings.md": reference.settings_page(),
        "log-events.md": reference.events_page(ROOT),
        "metrics.md": reference.metrics_page(),
        "errors.md": reference.errors_page(),
        "categories.md": categories_page(),
        "alert-rules.md": alert_rules_page(),
        "families.md": families_page(),
        "solutions.md": solutions_page(),
        "cli.md": cli_page(),
        "http.md": http_page(),
    }


def main(arguments: list[str]) -> int:
    load()
    made = pages()
    stale = [
        name
        for name, text in made.items()
        if not (PAGES / name).is_file() or (PAGES / name).read_text() != text
    ]
    if "--check" in arguments:
        if stale:
            click.echo(f"out of date: {', '.join(stale)}; run `make docs`", err=True)
        return 1 if stale else 0
    for name, text in made.items():
        (PAGES / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
