"""`mendline config`: which values are in effect, and why."""

from dataclasses import asdict

import click

from cli.console import arguments, data_dir_option, json_option, settings
from cli.output import print_rows
from config.effective import effective
from config.settings import Settings


@click.group()
def config() -> None:
    """The settings in effect."""


@config.command()
@json_option
@data_dir_option
def show(as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """Each setting with its value and where it comes from; secrets are masked."""
    given = arguments()
    rows = effective(Settings(**given), settings(), arguments=given)
    print_rows(
        [asdict(row) for row in rows], ("name", "value", "source", "variable"), as_json=as_json
    )
