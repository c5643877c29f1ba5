"""`mendline config`: which values are in effect, and why."""

from dataclasses import asdict

import click

from cli.console import arguments, data_dir_option, given_settings, json_option, settings
from cli.output import print_rows
from config.effective import effective


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
