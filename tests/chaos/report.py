"""The robustness report, for people."""

import statistics

HEAD = """# Robustness report

| scenario | promises | availability of intake | lost | done twice | slowest recovery | settled in |
|---|---|---:|---:|---:|---:|---:|
"""


def markdown(outcomes):
    lines = [HEAD.rstrip(), *map(_row, outcomes)]
    for outcome in outcomes:
        lines += ["", *_section(outcome)]
    return "\n".join(lines) + "\n"


def _row(outcome):
    if outcome.impossible:
        return f"| {outcome.scenario} | {outcome.verdict} | | | | | |"
    slowest = max((hit.recovered_in for hit in outcome.hits), default=0.0)
    cells = (
        outcome.scenario,
        outcome.verdict,
        f"{outcome.availability:.2%}",
        len(outcome.lost),
        len(outcome.doubled),
        f"{slowest:.1f} s",
        f"{outcome.settled_in:.1f} s",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _section(outcome):
    head = [f"## {outcome.scenario}", "", outcome.about]
    if outcome.impossible:
        return [*head, "", f"Not possible on this machine: {outcome.impossible}."]
    facts = [*head, "", *_facts(outcome), "", *_recoveries(outcome)]
    if outcome.broken:
        facts += ["", "Broken promises:", "", *(f"- {words}" for words in outcome.broken)]
    return facts


def _facts(outcome):
    ends = ", ".join(f"{count} {state}" for state, count in sorted(outcome.finished.items()))
    starts = ", ".join(f"{name} {count}" for name, count in sorted(outcome.starts.items()))
    answers = f"{outcome.refused} refused, {outcome.unreachable} unanswered"
    events = f"{outcome.accepted} events accepted, {answers}"
    faults = f"{len(outcome.hits)} faults (and {outcome.missed} with nothing there to hit)"
    return [
        f"- {faults} in {outcome.seconds:.0f} s, seed {outcome.seed}",
        f"- requests: {events}; longest gap {outcome.longest_gap_intake:.1f} s",
        f"- work: {outcome.decided} decided, {ends}; longest gap {outcome.longest_gap_work:.1f} s",
        f"- starts of processes: {starts}; marked broken {outcome.marked_broken} times",
        f"- errors: {outcome.errors_per_minute:.1f} a minute",
    ]


def _recoveries(outcome):
    found = outcome.recovery_by_target()
    if not found:
        return []
    rows = [
        f"| {target} | {len(times)} | {statistics.median(times):.1f} | {max(times):.1f} |"
        for target, times in sorted(found.items())
    ]
    return ["| target | faults | median recovery, s | slowest, s |", "|---|---:|---:|---:|", *rows]
