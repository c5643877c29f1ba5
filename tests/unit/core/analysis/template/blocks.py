"""Reads blocks of messages from the text files beside this one."""

from pathlib import Path

ESCAPE = "␛"


def blocks(name: str) -> list[list[str]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    found = (
        [line.replace(ESCAPE, "\x1b") for line in block.split("\n") if line and line[:2] != "# "]
        for block in text.split("\n\n")
    )
    return [block for block in found if block]
