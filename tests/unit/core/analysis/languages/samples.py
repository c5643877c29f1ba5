"""Printed stack traces, one file each."""

from pathlib import Path

TRACES = Path(__file__).parents[4] / "samples" / "traces"


def sample(name: str) -> str:
    return (TRACES / f"{name}.txt").read_text()
