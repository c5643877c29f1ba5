"""Runs a declared command that tells by its exit code whether all is well."""

from collections.abc import Mapping

from core.recovery.action import ActionError
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.declared import Command
from core.recovery.probe import Finding, Question
from core.recovery.running import Runner, filled


class CommandProbe:
    """`{"command": name, "parameters"?: {…}}`."""

    name = "command"

    def __init__(self, commands: Mapping[str, Command], runner: Runner) -> None:
        self._commands = commands
        self._runner = runner

    def ask(self, question: Question) -> Finding:
        with Arguments("The probe command", question.arguments) as given:
            command: Command = given.declared("command", self._commands, "commands")
            argv = filled(command.argv, command.parameters, given.table("parameters"))
        try:
            ran = self._runner.run(command, argv, timeout=question.timeout)
        except ActionError as error:
            raise ArgumentError(str(error)) from error
        lines = ran.output.strip().splitlines()
        how = "took too long" if ran.exit_code is None else f"ended with {ran.exit_code}"
        summary = f"{how}: {lines[-1][:200]}" if lines else how
        return Finding(ran.exit_code == 0, summary, ran.seconds)
