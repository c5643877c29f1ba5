"""`mendline run`: the platform on this host; what it prints is a promise to scripts."""

import asyncio
import json
import sys

import click

from cli.console import data_dir_option, given_settings
from config import logging, loglines
from config.actions import declared
from config.bootstrap import remembered
from config.breakers import book
from config.private import private_folder
from config.settings import Settings
from workers import pools, procfile
from workers.embedded.files import locked
from workers.host import Host
from workers.records import end_leftovers


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port of the API; 0 picks a free one. [8000]"
)
@click.option("--processes", metavar="NAME,…", help="Only these of the Procfile.")
@data_dir_option
def run(port: int | None, processes: str | None) -> None:
    """Start the whole platform on this host; Ctrl-C stops it in order.

    Without MENDLINE_DATABASE_URL and MENDLINE_REDIS_URL it brings its own PostgreSQL and Redis.
    """
    settings = _settings(port)
    logging.configure("run", settings.log_level)
    every = procfile.read()
    _usable(settings)
    names = None if processes is None else [name.strip() for name in processes.split(",")]
    entries = procfile.chosen(every, names)
    private_folder(settings.data_dir)
    with locked(settings.data_dir / "run.lock", "`mendline run`"):
        ended = end_leftovers(settings.data_dir / "processes")
        if ended:
            say(f"Ended {ended} processes that the last run left behind.")
        loglines.begin(settings)
        first = not remembered(settings.data_dir)
        host = Host(settings, entries, everything=len(entries) == len(every), say=say)
        asyncio.run(host.run(lambda ready: announce(ready, first=first)))


def say(sentence: str) -> None:
    click.echo(sentence, err=True)


def announce(host: Host, *, first: bool) -> None:
    """The ready line on standard output; the key of the first run on a terminal only."""
    click.echo(f"ready {json.dumps(host.addresses)}")
    sys.stdout.flush()
    say(f"Ready: {host.addresses['api'] or 'all processes run'}. Ctrl-C stops it.")
    if first and sys.stderr.isatty():
        say(f"Admin key, also in {host.addresses['credentials']}: {host.credentials.admin_key}")


def _usable(settings: Settings) -> None:
    """Files of the operators are read here first: a mistake would stop recovery in each worker."""
    declared(settings.actions_file)
    book(settings.breakers_file)
    pools.load(settings.pools_file)


def _settings(port: int | None) -> Settings:
    found = given_settings() if port is None else given_settings(port=port)
    return found.model_copy(update={"data_dir": found.data_dir.absolute()})
