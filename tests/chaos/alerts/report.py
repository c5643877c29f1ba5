"""The drill's report, for people."""

from collections import Counter


def markdown(outcome):
    lines = ["# Drill of alerts", "", *_facts(outcome), ""]
    lines += _table("Seconds from the threshold to the delivery", outcome.delivered)
    lines += _table("Seconds from the threshold to the first attempt", outcome.first_try)
    lines += _table("Seconds of each stage", outcome.stages)
    lines += _repeats(outcome)
    verdict = [f"- {words}" for words in outcome.broken] or ["All promises were kept."]
    return "\n".join([*lines, "## Broken promises", "", *verdict]) + "\n"


def _facts(outcome):
    targets = Counter(hit.target for hit in outcome.hits)
    killed = ", ".join(f"{target} {count}" for target, count in sorted(targets.items())) or "none"
    notes = ", ".join(f"{count} {what}" for what, count in sorted(outcome.notifications.items()))
    return [
        (
            f"- {outcome.crossings} crossings in {outcome.seconds:.0f} s, seed {outcome.seed};"
            f" {outcome.refused} requests of theirs were refused and made again"
        ),
        f"- kills: {killed} ({outcome.missed} with nothing there to hit)",
        f"- {outcome.trouble:.0%} of the requests to receivers are answered with 429, 500 or never",
        f"- notifications: {notes}",
        (
            f"- {outcome.attempts} attempts, {outcome.requests} requests came in;"
            f" {outcome.broken_off} attempts were broken off, by {outcome.kills_in_flight} kills;"
            f" {outcome.duplicates} raw duplicates"
        ),
        f"- settled {outcome.settled_in:.1f} s after the last crossing ended",
    ]


def _repeats(outcome):
    """What became of each attempt of what was taken more than once."""
    if not outcome.repeats:
        return []
    rows = [f"- {what}: {'; '.join(how)}" for what, how in outcome.repeats.items()]
    return ["## Taken more than once", "", *rows, ""]


def _table(title, figures):
    head = ["| channel | times | p50 | p99 | slowest |", "|---|---:|---:|---:|---:|"]
    rows = [
        f"| {channel} | {of['count']} | {of['p50']:.2f} | {of['p99']:.2f} | {of['max']:.2f} |"
        for channel, of in figures.items()
    ]
    return [f"## {title}", "", *head, *rows, ""]
