"""`mendline config`: which values are in effect, and why."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from cli.console import arguments, data_dir_option, given_settings, json_option, settings
from cli.output import print_json, print_rows
from config import wiring
from config.actions import problems as wrong_actions
from config.breakers import book
from config.checking import checked
from config.effective import effective, unknown_variables
from config.settings import Settings
from core.errors import MendlineError
from workers import pools


def _wrong(found: Settings) -> Iterator[str]:
    """What would keep the platform from its start, or people from being told."""
    for look in (
        lambda: book(found.breakers_file),
        lambda: pools.load(found.pools_file),
    ):
        try:
            look()
        except MendlineError as error:
            yield str(error)
    yield from wiring.channels(found)[1]


@click.group()
def config() -> None:
    """The settings in effect."""


@config.command()
@json_option
@data_dir_option
def show(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Each setting with its value and where it comes from; secrets are masked."""
    rows = effective(given_settings(), settings(), arguments=arguments())
    print_rows(
        [asdict(row) for row in rows], ("name", "value", "source", "variable"), as_json=as_json
    )


@config.command()
@click.option(
    "--knowledge-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to look through. Default: MENDLINE_KNOWLEDGE_DIR",
)
@json_option
@data_dir_option
def check(knowledge_dir: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Whether the settings, your own knowledge (docs/howto/add-knowledge.md) and what you declare
    for recovery (docs/howto/recovery-actions.md), breakers, pools and channels can be used.
    """
    found = given_settings()
    directory = knowledge_dir or found.knowledge_dir
    files, problems = checked(directory) if directory else ([], [])
    if actions := found.actions_file:
        files, problems = [*files, str(actions)], [*problems, *wrong_actions(actions)]
    problems += _wrong(found)
    problems += [f"{name} is set and read by nothing." for name in unknown_variables()]
    if as_json:
        print_json({"files": files, "problems": problems})
    else:
        for line in problems or [f"Settings and {len(files)} files can be used."]:
            click.echo(line, err=bool(problems))
    if problems:
        sys.exit(1)
