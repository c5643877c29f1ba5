"""The YAML file that `MENDLINE_ALERTS_FILE` names: as values, with the line of each of them.

Who needs a part of it reads it from here: rules, channels, routes. `${NAME}` stands for a variable
of the environment; it is filled in where a value is used, so that secrets are in no other place.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from core.alerts.entry import Step
from core.analysis.rules.problem import Problem
from core.errors import ConfigurationError

LONGEST: Final = 2**20
DEEPEST: Final = 30
# Thousands of rules have fewer; anchors in anchors make any number of a few lines.
MOST_VALUES: Final = 200_000
VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class AlertsFileError(ConfigurationError):
    """The file of alerts cannot be used."""

    code = "ML-CONF-0070"

    def __init__(self, problems: list[Problem], *, file: str) -> None:
        lines = "\n".join(f"{file}: {problem}" for problem in problems if problem.fatal)
        told = [problem._asdict() for problem in problems]
        super().__init__(f"{file} cannot be used.\n{lines}", problems=told)


class Document:
    """What a text says. With problems it says nothing else."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._lines: dict[tuple[Step, ...], int] = {}
        self._values = 0
        self._plain = yaml.SafeLoader("")  # it keeps what it has made; with us it goes
        self.content: Mapping[str, Any] = self._read(text)

    def line(self, *path: Step) -> int:
        """Of what a path leads to, or of the nearest above it."""
        for length in range(len(path), 0, -1):
            if (found := self._lines.get(path[:length])) is not None:
                return found
        return 1

    def _read(self, text: str) -> Mapping[str, Any]:
        if len(text) > LONGEST:
            self._wrong(1, f"It has {len(text):,} characters; {LONGEST:,} are allowed.")
            return {}
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            found = {} if node is None else self._value(node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._wrong(mark.line + 1 if mark else 1, f"This is not YAML: {error.problem}.")
            return {}
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self._wrong(1, f"This is not YAML: {error}.")
            return {}
        if not isinstance(found, Mapping):
            self._wrong(1, "It has no keys.")
            return {}
        return found

    def _value(self, node: yaml.Node, path: tuple[Step, ...]) -> Any:
        """Anchors may be used, but not within themselves."""
        self._lines.setdefault(path, node.start_mark.line + 1)
        self._values += 1
        if len(path) > DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=node.start_mark)
        if self._values > MOST_VALUES:
            raise yaml.MarkedYAMLError(problem="too many values", problem_mark=node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*path, place)) for place, each in enumerate(node.value)]
        return self._plain.construct_object(node)

    def _pairs(self, node: yaml.MappingNode, path: tuple[Step, ...]) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                self._wrong(line, f"The key {name!r} stands there twice.")
            seen.add(name)
            self._lines[(*path, name)] = line
            yield name, self._value(value, (*path, name))

    def _wrong(self, line: int, what: str) -> None:
        remedy = "Mend this place; see the reference of the rule language."
        self.problems.append(Problem(line, "the file", what, remedy))


def document(file: Path) -> Document:
    try:
        return Document(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(1, "the file", f"It cannot be read: {error}.", "Mend its path or mode.")
        raise AlertsFileError([problem], file=str(file)) from error


def variables(value: Any) -> set[str]:
    """Names of the variables that a value mentions, however deep."""
    if isinstance(value, str):
        return set(VARIABLE.findall(value))
    if isinstance(value, Mapping):
        return set().union(*map(variables, value.values()))
    return set().union(*map(variables, value)) if isinstance(value, list) else set()


def filled(value: Any, environment: Mapping[str, str] | None = None) -> Any:
    """With variables in their places; one that is not set is a `KeyError`."""
    known = os.environ if environment is None else environment
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: known[found[1]], value)
    if isinstance(value, Mapping):
        return {name: filled(each, known) for name, each in value.items()}
    return [filled(each, known) for each in value] if isinstance(value, list) else value
