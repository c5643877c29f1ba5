"""The command `mendline`: finds the command group, and turns what went wrong into an exit code."""

import importlib
import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from cli.console import Console, data_dir_option

COMMANDS: Final = {
    "run": "Start the whole platform on this host.",
    "demo": "Let a small program fail in many ways and see what becomes of it.",
    "doctor": "Check every dependency and prove the books.",
    "db": "Create and migrate the database.",
    "backup": "Backups: taken, proven, listed, restored.",
    "project": "Applications whose errors are taken in.",
    "key": "API keys.",
    "issue": "Failures, grouped.",
    "rules": "A project's own rules for grouping and classification.",
    "pattern": "Messages that are alike.",
    "deadletter": "What failed for good, and its replay.",
    "deploy": "What was changed, so that issues can name what came before them.",
    "silence": "What is not to be told, until when and why.",
    "incident": "Alerts that have one cause, as far as can be seen.",
    "recovery": "What is done about failures, and a person's word on it.",
    "hook": "Endpoints outside that are told of what came to pass.",
    "alert": "Alerts and their rules.",
    "breaker": "Circuit breakers: how they stand, and what is forced on them.",
    "switch": "Switches that applications read: fallbacks, features, where to go.",
    "transaction": "The log of transactions, and those that are in doubt.",
    "saga": "Work in steps that is undone where it cannot be done.",
    "retry": "How retries have gone lately.",
    "fleet": "The pools of workers: how they are, and how large.",
    "maintenance": "The jobs that keep the house, what they did and what they found.",
    "schedule": "Jobs that run by the clock.",
    "log": "What the processes of the platform log.",
    "config": "The settings in effect.",
    "analyze": "The analysis of standard input; needs no server.",
}


class LazyGroup(click.Group):
    """Imports a command when it is called; `mendline --help` imports none of them.

    A command `name` is the object `name` in the module `cli.name`.
    """

    def __init__(self, commands: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._summaries = commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._summaries:
            return None
        module = importlib.import_module(f"cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def main(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().main(*arguments, **options)
        except Exception as error:  # noqa: BLE001 (the edge of the process)
            from cli.failure import explain  # noqa: PLC0415 (imports the database)

            sys.exit(explain(error))


def version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if not wanted:
        return
    from importlib.metadata import version as installed  # noqa: PLC0415 (slow to import)

    click.echo(f"mendline {installed('mendline')}")
    ctx.exit()


@click.group(
    cls=LazyGroup, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=version, help="Show it."
)
@data_dir_option
@click.pass_context
def mendline(ctx: click.Context) -> None:
    """Takes in errors, understands them, tries to recover, and keeps the rest in reach.

    Exit codes: 0 done, 1 the operation failed, 2 wrong use, 3 a dependency is unreachable.
    """
    ctx.ensure_object(Console)


def main() -> None:
    mendline(prog_name="mendline", obj=Console(logs=True))


if __name__ == "__main__":
    main()
