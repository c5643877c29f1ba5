"""What came of the faults, and whether that is what has to come of them."""

import statistics
from dataclasses import asdict, dataclass, field

# What the requirements ask for; nothing here is fitted to what was measured.
RATE, MEAN, WORST = 0.98, 15.0, 120.0
LEAST_FAULTS, LEAST_FAMILIES, LEAST_LASTING = 25, 8, 25
AT_ONCE = 15.0


@dataclass
class Mended:
    """`seconds` from the first event to the proof; `verified` those to the platform's verdict."""

    name: str
    family: str
    by: str
    recovered: bool = False
    seconds: float | None = None
    verified: float | None = None
    state: str | None = None
    strategies: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    error: str = ""
    why: str = ""
    impossible: str = ""


@dataclass
class Left:
    """`wrong`: what was done or told that must not be, in words."""

    name: str
    error: str
    answer: str
    state: str | None = None
    seconds: float | None = None
    wrong: list = field(default_factory=list)


@dataclass
class Outcome:
    mended: list = field(default_factory=list)
    left: list = field(default_factory=list)
    whole: bool = True

    @property
    def tried(self):
        return [each for each in self.mended if not each.impossible]

    @property
    def figures(self):
        tried = self.tried
        seconds = [each.seconds for each in tried if each.recovered]
        return {
            "faults": len(tried),
            "families": len({each.family for each in tried}),
            "recovered": sum(each.recovered for each in tried),
            "rate": sum(each.recovered for each in tried) / len(tried) if tried else 0.0,
            "mean_seconds": round(statistics.fmean(seconds), 2) if seconds else None,
            "worst_seconds": round(max(seconds), 2) if seconds else None,
            "lasting": len(self.left),
            "wrong": sum(bool(each.wrong) for each in self.left),
        }

    @property
    def broken(self):
        """The promises that were not kept, in words."""
        found = self.figures
        return [words for kept, words in self._checks(found) if not kept]

    def _checks(self, found):
        yield found["rate"] >= RATE, f"only {found['rate']:.1%} recovered"
        mean, worst = found["mean_seconds"], found["worst_seconds"]
        yield mean is not None and mean <= MEAN, f"the mean is {mean} s"
        yield worst is not None and worst <= WORST, f"the worst is {worst} s"
        yield not found["wrong"], f"{found['wrong']} lasting ones were treated wrongly"
        if self.whole:
            yield found["faults"] >= LEAST_FAULTS, f"only {found['faults']} faults were possible"
            yield found["families"] >= LEAST_FAMILIES, f"only {found['families']} families"
            yield found["lasting"] >= LEAST_LASTING, f"only {found['lasting']} lasting ones"

    def plain(self):
        return {
            "figures": self.figures,
            "broken": self.broken,
            "recoverable": [asdict(each) for each in self.mended],
            "lasting": [asdict(each) for each in self.left],
        }


def markdown(outcome):
    lines = [
        "# Recovery",
        "",
        _summary(outcome.figures),
        "",
        *(f"- {words}" for words in outcome.broken),
        "",
        "| family | fault | failed with | mended by | recovered | s | verdict after s | how |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_mended(each) for each in outcome.mended),
        "",
        "| lasting | failed with | answered | state | after s | wrong |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_left(each) for each in outcome.left),
    ]
    return "\n".join(lines) + "\n"


def _summary(found):
    return (
        f"{found['recovered']} of {found['faults']} faults in {found['families']} families"
        f" recovered without a person ({found['rate']:.1%}); from the first event to the proof"
        f" {found['mean_seconds']} s on average and {found['worst_seconds']} s at worst."
        f" Of {found['lasting']} that cannot be mended {found['wrong']} were treated wrongly."
    )


def _mended(each):
    how = each.impossible or each.why or ", ".join(each.strategies)
    said = "not possible here" if each.impossible else "yes" if each.recovered else "**no**"
    cells = (each.family, each.name, each.error, each.by, said)
    return _row(*cells, _seconds(each.seconds), _seconds(each.verified), how)


def _left(each):
    return _row(
        each.name,
        each.error,
        each.answer,
        each.state,
        _seconds(each.seconds),
        "; ".join(each.wrong),
    )


def _seconds(value):
    return "" if value is None else f"{value:.1f}"


def _row(*cells):
    plain = (str(cell or "").replace("|", "/").replace("\n", " ")[:90] for cell in cells)
    return f"| {' | '.join(plain)} |"
