"""What every command needs: which platform it speaks to, and how it prints."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from config.settings import Settings
    from core.store.engine import Database

LISTS: Final = """ Lists and tables are JSON: '["a", "b"]', '{"name": "value"}'."""

Callback = TypeVar("Callback", bound=Callable[..., Any] | click.Command)


@dataclass
class Console:
    """One call of the program. `logs`: this is a process of its own, so set up its logging."""

    data_dir: Path | None = None
    logs: bool = False


def data_dir_option(command: Callback) -> Callback:
    """`--data-dir`, taken before and after the name of the command alike."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        expose_value=False,
        callback=_remember,
        help="Data directory of the running platform. Default: MENDLINE_DATA_DIR, or .mendline",
    )(command)


def _remember(ctx: click.Context, _option: click.Parameter, given: Path | None) -> None:
    if given is not None:
        ctx.ensure_object(Console).data_dir = given


def json_option(command: Callback) -> Callback:
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(command)


def actor() -> str:
    """Who acts, as it stands in histories. A container's user may have no name."""
    return f"cli:{os.environ.get('USER') or os.getuid()}"


def arguments() -> dict[str, Any]:
    """Settings that were given on the command line."""
    console = click.get_current_context().ensure_object(Console)
    return {"data_dir": console.data_dir} if console.data_dir else {}


def given_settings(**given: Any) -> "Settings":
    """The settings as configured, without what a running platform adds, with `given`."""
    from pydantic import ValidationError  # noqa: PLC0415 (slow to import)
    from pydantic_settings import SettingsError  # noqa: PLC0415

    from config.settings import Settings  # noqa: PLC0415

    try:
        return Settings(**arguments(), **given)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise click.UsageError(f"A setting cannot be used. {'; '.join(wrong)}") from error
    except SettingsError as error:
        hint = LISTS if isinstance(error.__cause__, json.JSONDecodeError) else ""
        raise click.UsageError(f"A setting cannot be used. {error}.{hint}") from error


def settings() -> "Settings":
    """The settings of this call, completed with the addresses of the running platform."""
    from config.wiring import discovered  # noqa: PLC0415 (slow to import)

    console = click.get_current_context().ensure_object(Console)
    found = discovered(given_settings())
    if console.logs:
        from config.logging import configure  # noqa: PLC0415

        # People read this console: only failures, unless they asked for more.
        configure("cli", found.log_level if "MENDLINE_LOG_LEVEL" in os.environ else "ERROR")
        console.logs = False
    return found


def public_url() -> str:
    """How clients reach the API of this platform."""
    from config.wiring import public_url as of  # noqa: PLC0415 (slow to import)

    return of(settings())


@contextmanager
def database() -> "Iterator[Database]":
    from config import wiring  # noqa: PLC0415 (slow to import)

    opened = wiring.database(settings(), application="mendline-cli", pool_size=1)
    try:
        yield opened
    finally:
        opened.dispose()


def knowledge_dir() -> Path | None:
    """Where users keep knowledge of their own. Settings are slow to load, so only where there are
    any.
    """
    named = ("MENDLINE_CONFIG", "MENDLINE_KNOWLEDGE_DIR")
    return given_settings().knowledge_dir if any(name in os.environ for name in named) else None
