"""`mendline analyze patterns`: the patterns of log lines, block by block."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import click
import orjson

from cli.amount import Amount
from cli.blocks import Limits, Source, blocks
from core.analysis.patterns import Miner, restore
from core.analysis.patterns import state as state_of

LINES: Final = 50_000
SIZE: Final = 16 * 2**20
PAUSE: Final = 1.0
# The answers to the lines of one block are written together.
OPTION: Final = orjson.OPT_APPEND_NEWLINE


@click.command()
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Known patterns: read from this file if it is there, and written to it.",
)
@click.option(
    "--block",
    type=click.IntRange(1),
    default=LINES,
    show_default=True,
    help="Answer after so many lines.",
)
@click.option(
    "--pause",
    type=Amount(0),
    default=PAUSE,
    show_default=True,
    help="Answer when no input comes for so many seconds.",
)
def patterns(state: Path | None, block: int, pause: float) -> None:
    """Log lines or messages as plain text: the pattern of each, and its values.

    A line is answered with what the whole of its block shows: a block ends with the input, after
    `--block` lines or 16 MB, or when input pauses.
    """
    miner = _load(state)
    for lines in blocks(cast("Source", sys.stdin.buffer), Limits(block, SIZE, pause)):
        _answer(miner, lines, sys.stdout.buffer)
        if state:
            _save(miner, state)


def _answer(miner: Miner, lines: Sequence[bytes], out: BinaryIO) -> None:
    messages = [line.decode("utf-8", "replace").strip() for line in lines]
    for pattern, parameters in miner.learn(messages):
        answer = {
            "pattern_id": pattern.pattern_id,
            "template": pattern.template,
            "parameters": parameters,
        }
        out.write(orjson.dumps(answer, option=OPTION))
    out.flush()


def _load(state: Path | None) -> Miner:
    if state is None or not state.is_file():
        return Miner()
    try:
        content: Any = orjson.loads(state.read_bytes())
        return restore(content)
    except ValueError as error:
        raise click.ClickException(f"{state} holds no patterns: {error}") from error


def _save(miner: Miner, state: Path) -> None:
    """All or nothing: who is killed leaves the state of the block before."""
    fresh = state.with_name(f"{state.name}.new")
    fresh.write_bytes(orjson.dumps(state_of(miner)))
    os.replace(fresh, state)  # noqa: PTH105 (atomic on every system)
