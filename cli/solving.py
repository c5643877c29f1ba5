"""`mendline issue solutions`: what to do first about an issue."""

from typing import Any

import click

from cli.console import data_dir_option, database, json_option, knowledge_dir
from cli.output import print_json, say
from config.knowledge import knowledge
from config.solutions import solutions as known_solutions
from core.analysis.solutions import MOST, suggested
from core.insight import example
from core.store import issues
from core.store.payloads import Payloads


@click.command()
@click.argument("issue_id", type=int)
@click.option("--most", type=click.IntRange(1, 20), default=MOST, show_default=True)
@json_option
@data_dir_option
def solutions(issue_id: int, most: int, as_json: bool) -> None:  # noqa: FBT001 (click calls it by name)
    """What is known about such failures: first steps, and where to read more."""
    directory = knowledge_dir()
    with database() as opened, opened.transaction() as session:
        event = example.of_issue(session, issues.get(session, issue_id), Payloads())
    found = suggested(event, knowledge(directory), known_solutions(directory), most=most)
    rows = [each._asdict() for each in found]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(_told(row))
    if not rows:
        click.echo("Nothing is known about it; docs/howto/add-knowledge.md says how to add it.")


def _told(row: dict[str, Any]) -> str:
    steps = "\n".join(f"  {number}. {step}" for number, step in enumerate(row["steps"], start=1))
    sources = "\n".join(f"  {source}" for source in row["sources"])
    because = ", ".join(row["because"])
    return f"{row['title']} [{row['id']}: {because}]\n{row['explanation']}\n{steps}\n{sources}\n"
