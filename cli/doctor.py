"""`mendline doctor`: checks every dependency, looks for what lies too long, proves the books."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

import click

from cli.checks import proof
from cli.checks.examination import Examination
from cli.checks.finding import Finding, State, exit_code
from cli.console import data_dir_option, json_option, settings
from cli.output import print_json
from config.masking import mask
from core.clock import SystemClock

COLOURS: Final = {State.OK: "green", State.NOTE: "yellow"}
DAYS: Final = 8


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1),
    default=DAYS,
    show_default=True,
    help="Days, today included, whose events are compared one by one with the books.",
)
@click.option(
    "--deep", is_flag=True, help="Also look for orphans, lost counts, payloads that do not open."
)
@click.option("--fix", is_flag=True, help="With --deep: mend what can be, and say what was done.")
@json_option
@data_dir_option
@click.pass_context
def doctor(
    ctx: click.Context,
    days: int,
    deep: bool,  # noqa: FBT001 (by name)
    fix: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check every dependency and prove the books.

    received = accepted + rejected + skipped; accepted = stored + duplicates + pending; each stored
    event is there once. Ends with 1 when something is wrong, 3 when something is unreachable.
    """
    if fix and not deep:
        raise click.UsageError("--fix goes with --deep.")
    found, clock = settings(), SystemClock()
    # Further back the rows that would be compared are gone: events, or counts by the minute.
    reach = min(days - 1, found.retention_days, found.rollup_days - 1)
    first_day = clock.now().date() - timedelta(days=reach)
    visit = Examination(found, clock, since=first_day, deep=deep, fix=fix)
    visit.run()
    if as_json:
        print_json(_answer(visit))
    else:
        _print(visit.findings)
    ctx.exit(exit_code(visit.findings))


def _answer(visit: Examination) -> dict[str, Any]:
    return {
        "healthy": exit_code(visit.findings) == 0,
        "checks": [_masked(finding) for finding in visit.findings],
        "books": proof.figures(visit.evidence) if visit.evidence else None,
    }


def _masked(finding: Finding) -> dict[str, Any]:
    return asdict(finding) | {"detail": mask(finding.detail)}


def _print(findings: Sequence[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        word = f"{finding.state:<11}"
        if sys.stdout.isatty():
            word = click.style(word, fg=COLOURS.get(finding.state, "red"))
        click.echo(f"{word} {finding.name:<{width}}  {mask(finding.detail)}")
        if finding.advice:
            click.echo(f"{'':<11} {'':<{width}}  {finding.advice}")
