"""Runs a command of the runbook: one that an operator has declared, with what it lets through."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.declared import Command
from core.recovery.running import Ran, Runner, filled

# How a command says that it may work later: EX_TEMPFAIL.
LATER: Final = 75


class CommandAction:
    """`{"command": name, "parameters"?: {…}}`."""

    name = "command"
    reversible = True

    def __init__(self, commands: Mapping[str, Command], runner: Runner) -> None:
        self._commands = commands
        self._runner = runner

    def run(self, order: Order) -> Done:
        name, command, parameters = self._read(order)
        argv = filled(command.argv, command.parameters, parameters)
        undo = {"parameters": dict(parameters)} if command.undo else None
        return self._done(order, command, argv, f"the command {name}", undo)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        name, command, _ = self._read(order)
        if not command.undo:
            raise ActionError(f"The command {name} has no undo.", permanent=True)
        argv = filled(command.undo, command.parameters, undo["parameters"])
        return self._done(order, command, argv, f"the undo of the command {name}", None)

    def _done(
        self,
        order: Order,
        command: Command,
        argv: Sequence[str],
        what: str,
        undo: Mapping[str, Any] | None,
    ) -> Done:
        if order.dry_run:
            return Done(f"Would run {what}.", {"argv": list(argv), "user": command.user})
        ran = self._runner.run(command, argv, timeout=order.timeout, key=order.idempotency_key)
        if ran.exit_code != 0:
            raise _failed(what, ran)
        return Done(f"Ran {what} in {ran.seconds:.1f} s.", ran.evidence(), undo)

    def _read(self, order: Order) -> tuple[str, Command, Mapping[str, Any]]:
        with Arguments("The action command", order.arguments) as given:
            command: Command = given.declared("command", self._commands, "commands")
            return given.text("command"), command, given.table("parameters")


def _failed(what: str, ran: Ran) -> ActionError:
    how = f"ended with {ran.exit_code}" if ran.exit_code is not None else "took too long"
    lines = ran.output.strip().splitlines()
    last = f": {lines[-1][:200]}" if lines else ""
    why = f"{what[0].upper()}{what[1:]} {how}{last}."
    return ActionError(why, permanent=ran.exit_code != LATER, **ran.evidence())
