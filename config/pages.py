"""The reference pages of families and solutions, made from what is loaded."""

from collections.abc import Iterator

from config.solutions import solutions
from core.analysis.families import FAMILIES, GENERAL
from core.analysis.family import Family
from core.analysis.kinds import Kind
from core.analysis.proposal import Advice
from core.analysis.solutions import PLACE, Signs, Solution

_FAMILIES = """# Families and codes

A family says which part of a system failed, a kind what went wrong there. Each kind has a code,
which is part of the interface and does not change: the family's prefix and the kind in words.
(Codes that begin with `ML-` are Mendline's own errors, on the page Error codes.) The HTTP status
is the one to answer with. What is proposed depends on whether the failure passes; where nothing
stands, the policy of the category says it. Events show all of it as `family`, `kind`, `code`,
`http_status`, `context` and `proposal`.
"""
_ADVICE = {
    Advice.RETRY: "try again with growing delays",
    Advice.WAIT: "wait until the time that is told, else with long delays",
    Advice.THROTTLE: "wait, and ask more slowly from then on",
    Advice.CIRCUIT_BREAK: "try again, and stop calling for a while where many fail",
    Advice.FALLBACK: "do without: a copy, another model, a default",
    Advice.FAIL_FAST: "give up at once and tell the caller",
    Advice.ESCALATE: "call a person",
    Advice.NONE: "nothing",
}
_SOLUTIONS = """# Solutions

What is known about classes of failures, with first steps and where to read more. Those that fit
are shown, the best first, by `GET /api/v1/issues/{id}/solutions`, `mendline issue solutions ID` and
`mendline analyze solutions`. How to add your own: Add knowledge of your own.
"""
_TITLES = ("Code", "Kind", "HTTP", "If it passes", "If not", "Meaning")


def families_page() -> str:
    advice = "".join(f"| `{name}` | {about} |\n" for name, about in _ADVICE.items())
    parts = (_family(family) for family in (*FAMILIES, GENERAL))
    return f"{_FAMILIES}\n| Proposal | Means |\n| --- | --- |\n{advice}{''.join(parts)}"


def _family(family: Family) -> str:
    head = f"| {' | '.join(_TITLES)} |\n| {' | '.join(['---'] * len(_TITLES))} |\n"
    rows = (_kind(family, kind) for kind in family.kinds)
    return f"\n## {family.name}\n\n{family.about}\n\n{head}{''.join(rows)}"


def _kind(family: Family, kind: Kind) -> str:
    again, never = (f"`{each}`" if each else "" for each in (kind.again, kind.never))
    return (
        f"| `{family.code(kind)}` | {kind.name} | {kind.status} | {again} | {never} "
        f"| {kind.about} |\n"
    )


def solutions_page() -> str:
    return _SOLUTIONS + "".join(map(_solution, solutions()))


def _solution(solution: Solution) -> str:
    steps = "".join(f"{number}. {_plain(step)}\n" for number, step in enumerate(solution.steps, 1))
    sources = "".join(f"- <{source}>\n" for source in solution.sources)
    return (
        f"\n## {solution.id}\n\n**{_plain(solution.title)}.** {_plain(solution.explanation)}\n\n"
        f"{steps}\nKnown by {'; '.join(_signs(solution.when))}.\n\n{sources}"
    )


def _plain(text: str) -> str:
    return PLACE.sub(lambda place: place[2] or f"({place[1]})", text).strip()


def _signs(when: Signs) -> Iterator[str]:
    phrases = [" … ".join(phrase) for phrase in when.phrases]
    for name, values in (
        ("codes", sorted(when.codes)),
        ("types", sorted(when.types)),
        ("phrases", phrases),
        ("kinds", sorted(when.kinds)),
        ("categories", sorted(when.categories)),
    ):
        if values:
            yield f"{name} {', '.join(f'`{value}`' for value in values)}".replace("|", "\\|")
