"""The reference pages that are made from the code: settings, log events, metrics, error codes."""

import ast
import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY
from pydantic.fields import FieldInfo

import core
from config.effective import shown, variable
from config.settings import Settings
from core.errors import MendlineError, tables
from core.errors.report import TITLES
from core.errors.tables import Known

LEVELS: Final = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
PACKAGES: Final = ("core", "config", "tasks", "workers", "web", "cli")


def settings_page() -> str:
    rows = (
        (f"`{variable(name)}`", _kind(field), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return _page(
        "Settings",
        "From the environment, or under the name in small letters without the prefix in a TOML "
        "file named by `MENDLINE_CONFIG`. The environment wins; an empty "
        "variable counts as none. In the environment lists and tables are JSON: "
        "`MENDLINE_TRUSTED_PROXIES='[\"10.0.0.7\"]'`.",
        _table(("Variable", "Type", "Default", "What it does"), rows),
    )


def events_page(root: Path) -> str:
    """`root` is the folder with our packages."""
    rows = ((f"`{name}`", ", ".join(levels)) for name, levels in log_events(root).items())
    return _page(
        "Log events",
        "Each line on standard error is one JSON object; `event` is one of these names. Records "
        "of libraries have the event `library.logged` with `logger` and `message`.",
        _table(("Event", "Level"), rows),
    )


def metrics_page() -> str:
    from config import telemetry  # noqa: F401, PLC0415 (registers the metrics)

    families = sorted(REGISTRY.collect(), key=lambda family: family.name)
    rows = (
        (f"`{family.name}`", family.type, family.documentation)
        for family in families
        if family.name.startswith("mendline_")
    )
    return _page(
        "Metrics",
        "`GET /metrics` has the sum over all processes of the host, in the format of Prometheus. "
        "Counters end in `_total` there.",
        _table(("Metric", "Type", "What it counts"), rows),
    )


def errors_page() -> str:
    rows = ((f"`{code}`", *facts) for code, facts in sorted(error_codes().items()))
    return _page(
        "Error codes",
        "In answers, log lines and dead letters.",
        _table(("Code", "Category", "HTTP status", "Meaning"), rows),
    )


def error_codes() -> dict[str, tuple[str, str, str]]:
    """Category, HTTP status and meaning of each code, of our own errors and of those we know."""
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
    found = {
        each.code: (str(each.category), str(each.http_status), TITLES[each.category])
        for each in known_errors()
    }
    own = {
        code: (str(error.category), str(error.http_status), _sentence(error))
        for code, error in _own_codes().items()
    }
    return found | own


def _own_codes() -> dict[str, type[MendlineError]]:
    """Raises where two classes claim one code; a class without its own has its parent's."""
    owners: dict[str, type[MendlineError]] = {}
    for error in _tree(MendlineError):
        if "code" in vars(error) and owners.setdefault(error.code, error) is not error:
            first = owners[error.code]
            raise ValueError(f"{first.__name__} and {error.__name__} have the code {error.code}")
    return owners


def known_errors() -> set[Known]:
    """What the errors of libraries, of PostgreSQL and of the operating system become."""
    by = (tables.BY_NAME, tables.BY_ERRNO, tables.BY_SQLSTATE, tables.BY_SQLSTATE_CLASS)
    return {known for table in by for known in table.values()}


def log_events(root: Path) -> dict[str, list[str]]:
    """Every event name in our sources with its levels, read from the calls `log.<level>(name)`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            for name, level in _logged(ast.parse(file.read_text())):
                found[name].add(level)
    return {name: sorted(found[name]) for name in sorted(found)}


def _logged(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        event = node.args[0] if node.args else None
        if (
            node.func.attr in LEVELS
            and isinstance(event, ast.Constant)
            and isinstance(event.value, str)
            and "." in event.value
            and " " not in event.value
        ):
            yield event.value, "error" if node.func.attr == "exception" else node.func.attr


def _tree(error: type[MendlineError]) -> Iterator[type[MendlineError]]:
    yield error
    for child in error.__subclasses__():
        yield from _tree(child)


def _sentence(error: type[MendlineError]) -> str:
    return (error.__doc__ or "").strip().splitlines()[0]


def _kind(field: FieldInfo) -> str:
    kind = field.annotation
    name = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    plain = name.replace("pydantic.types.", "").replace("pathlib.", "").replace("typing.", "")
    return f"`{plain.replace('SecretStr', 'secret').replace('Path', 'path')}`"


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else f"`{shown(field.default)}`"


def _table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells)


def _page(title: str, lead: str, body: str) -> str:
    return f"# {title}\n\n{lead}\n\n{body}\n"
