"""Elixir and Erlang: functions with their arity; anonymous ones belong to who defines them."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_ERROR = re.compile(r"^[^\n*]{0,200}\*\* \(([\w.]{1,200})\) ?(.*)$")
_FRAME = re.compile(
    r"^[ \t]{0,40}(?:\(([\w.-]{1,80})(?: [\w.+-]{1,40})?\) )?"
    r"([\w./@-]{1,300}\.(?:exs?|[ehl]?eex|erl|heex))(?::\d+)?: (\S.{0,500})$"
)
_ANONYMOUS = re.compile(r"^anonymous fn/\d+ in ")
_LIFTED = re.compile(r"\"?-(.{1,200}?)/(\d{1,3})-[^\"]{0,200}-\"?(?:/\d{1,3})?")
_ARGUMENTS = re.compile(r"(?<=[\w!?])\([^\n]*\)$")
_TERM = re.compile(
    r"\{'?([\w.@]{1,200})'?, ?'?([\w./@!?-]{1,200})'?, ?(?:(\d{1,3})|\[[^\n\]]{0,500}\]), ?"
    r"\[(?:\{file, ?\"([^\"\n]{1,300})\"\}, ?\{line, ?\d+\})?[^\]\n]{0,100}\]\}"
)
_SHELL = re.compile(
    r"in (?:function {1,2}|call from )'?([\w.@]{1,200})'?:'?([\w./@!?-]{1,200})'?/(\d{1,3})"
    r"(?: {1,2}\(([^,()\n]{1,300}), line \d+\))?"
)
_SAID = re.compile(r"exception (error|exit|throw): ([^\n]{1,500})")
_REASON = re.compile(r"\{'?([a-z_]\w{1,60})'?, ?\s{0,40}\[\{")
_FOREIGN = frozenset(
    {
        "elixir", "stdlib", "kernel", "phoenix", "phoenix_html", "phoenix_live_view", "plug",
        "plug_cowboy", "cowboy", "ranch", "bandit", "thousand_island", "ecto", "ecto_sql",
        "db_connection", "postgrex", "myxql", "mint", "finch", "hackney", "tesla", "jason", "oban",
        "broadway", "gen_stage", "absinthe", "telemetry", "logger", "mix", "ex_unit", "iex",
        "sentry", "nimble_options", "gettext", "swoosh", "req",
    }
)  # fmt: skip


def label(frame: Frame) -> str:
    name = function(frame.function)
    if name in ("(file)", "(module)", "(test)", "__FILE__/1"):
        return file_name(frame.file)
    module = frame.module.removeprefix("Elixir.")
    if "." in name.partition("/")[0] or name.startswith(":"):
        return name.removeprefix("Elixir.")
    return joined(module or file_name(frame.file), name)


def function(name: str) -> str:
    """The function as it was written: without arguments, and for an anonymous one its owner."""
    name = _ANONYMOUS.sub("", name)
    name = _LIFTED.sub(r"\1/\2", name) if "-" in name else name
    return _ARGUMENTS.sub("", name).replace('"', "")


def own(frame: Frame) -> bool:
    return frame.package not in _FOREIGN and "deps/" not in frame.file


def parse(trace: str) -> list[Failure]:
    """What exited stands above the reason it exited for; Erlang prints terms or sentences."""
    found: list[tuple[str, str, list[Frame]]] = []
    loose: list[Frame] = []
    for line in trace.splitlines():
        if frame := _FRAME.match(line):
            (found[-1][2] if found else loose).append(
                Frame("", frame[2], frame[3], None, frame[1] or "")
            )
        elif (error := _ERROR.match(line)) and not error[2].endswith(":"):
            found.append((error[1], error[2], []))
    if not any(frames for _, _, frames in found):
        kind, value = found[0][:2] if found else _reason(trace)
        found = [(kind, value, loose or list(_erlang(trace)))]
    return [_failure(*each) for each in reversed(found) if each[2]]


def _reason(trace: str) -> tuple[str, str]:
    if said := _SAID.search(trace):
        return said[1], said[2]
    reason = _REASON.search(trace)
    return (reason[1] if reason else "", "")


def _erlang(trace: str) -> Iterator[Frame]:
    for pattern in (_SHELL, _TERM):
        for match in pattern.finditer(trace):
            arity = f"/{match[3]}" if match[3] else ""
            yield Frame(match[1], match[4] or "", f"{match[2]}{arity}")


def _failure(kind: str, value: str, frames: list[Frame]) -> Failure:
    return Failure(type=kind, value=value.strip(), frames=tuple(reversed(frames)))


LANGUAGE = Language(
    name="elixir",
    platforms=frozenset({"elixir", "erlang"}),
    suffixes=(".ex", ".exs", ".erl", ".eex", ".heex"),
    label=label,
    own=own,
    parse=parse,
)
