"""`mendline analyze`: the analysis from the shell, line by line, without a server."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from cli.anomalies import BadPointError, Series
from cli.console import knowledge_dir
from cli.mining import patterns
from config.knowledge import knowledge
from config.solutions import solutions as known_solutions
from core.analysis.analyse import analyse
from core.analysis.classify import event_of, of_record
from core.analysis.result import Classification
from core.analysis.rules import NO_RULES, RuleSet, checked
from core.analysis.solutions import MOST, suggested
from core.analysis.template import normalise as template_of
from core.errors import InvalidInputError
from core.intake import document

Answer = dict[str, Any]
_EVENT_FIELDS = ("exception", "logentry", "event_id", "platform", "threads", "stacktrace")


class BadLineError(ValueError):
    """The line is not a JSON object."""


def _rules(_ctx: click.Context, _option: click.Parameter, file: Path | None) -> RuleSet:
    if file is None:
        return NO_RULES
    try:
        return checked(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file} is not UTF-8.") from error


rules_option = click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_rules,
    help="A file of rules that decide first.",
)


@click.group()
def analyze() -> None:
    """Group, classify and normalise errors: one record a line in, one JSON object a line out."""


analyze.add_command(patterns)


@analyze.command()
@rules_option
def fingerprint(rules: RuleSet) -> None:
    """Events in Sentry's format: which issue they belong to, and why."""
    known = knowledge(knowledge_dir())

    def answer(line: bytes) -> Answer:
        found = analyse(_object(line), known, rules)
        grouping = found.grouping
        answer: Answer = {
            "issue_key": grouping.issue_key,
            "title": grouping.title,
            "culprit": grouping.culprit,
            "mechanism": grouping.mechanism,
            "why": grouping.why,
        }
        ruled = {"rule": found.ruled.grouping, "ignored": found.ruled.ignored}
        return answer | ruled if found.ruled.grouping else answer

    _answer_lines(answer)


@analyze.command()
@rules_option
def classify(rules: RuleSet) -> None:
    """Events or `{"type", "module", "message", "code", "http_status"}`: what kind they are."""
    known = knowledge(knowledge_dir())

    def answer(line: bytes) -> Answer:
        record = _object(line)
        if any(name in record for name in _EVENT_FIELDS):
            return _classified(analyse(record, known, rules).classification)
        if rules:
            return _classified(analyse(event_of(record), known, rules).classification)
        return _classified(of_record(record, known))

    _answer_lines(answer)


@analyze.command()
@click.option("--most", type=click.IntRange(1, 20), default=MOST, show_default=True)
def solutions(most: int) -> None:
    """Events or records as `classify` takes them: what to do first about them."""
    directory = knowledge_dir()
    known, listed = knowledge(directory), known_solutions(directory)

    def answer(line: bytes) -> Answer:
        record = _object(line)
        event = record if any(name in record for name in _EVENT_FIELDS) else event_of(record)
        found = suggested(event, known, listed, most=most)
        return {"solutions": [each._asdict() for each in found]}

    _answer_lines(answer)


@analyze.command()
def normalise() -> None:
    """Messages as plain text: their templates."""
    _answer_lines(
        lambda line: {"template": template_of(line.decode("utf-8", "replace"))}, blank=True
    )


@analyze.command()
def anomalies() -> None:
    """Points `{"timestamp", "value"}` of one series in the order of time: which are anomalous."""
    _answer_lines(Series().answer)


def _classified(found: Classification) -> Answer:
    answer: Answer = {
        "category": found.category,
        "family": found.family,
        "transient": found.transient,
        "severity": found.severity,
        "confidence": found.confidence,
        "rule": found.rule,
        "kind": found.kind,
        "code": found.code,
        "http_status": found.http_status,
        "proposal": found.proposal.as_json() if found.proposal else None,
    }
    return {**answer, "context": dict(found.context)} if found.context else answer


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = document.load(line).value
    except InvalidInputError as error:
        raise BadLineError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadLineError("not a JSON object")
    return found


def _answer_lines(answer: Callable[[bytes], Answer], *, blank: bool = False) -> None:
    """Answers every line in order; a bad one is answered with an `error` and fails the command.

    `blank`: whether an empty line is a record.
    """
    failed = False
    for number, line in _lines(blank=blank):
        try:
            found = answer(line)
        except (BadLineError, BadPointError) as error:
            failed = True
            found = {"error": str(error), "line": number}
            click.echo(f"line {number}: {error}", err=True)
        _write(found)
    if failed:
        sys.exit(1)


def _lines(*, blank: bool) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        stripped = line.strip()
        if stripped or blank:
            yield number, stripped


def _write(answer: Answer) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    analyze()
