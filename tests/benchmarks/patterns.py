"""Patterns: lines in the right group, and the speed; Drain3 beside it where it is importable."""

import importlib.util
import time
from collections import defaultdict

from core.analysis.patterns import Miner
from tests.benchmarks.labelled import systems


def run():
    miners = {"mendline": _mendline}
    if importlib.util.find_spec("drain3"):
        miners["drain3"] = _drain3
    found = {
        name: {system: _measured(miner, *logs) for system, logs in systems().items()}
        for name, miner in miners.items()
    }
    return found | {"drain3": found.get("drain3", "not importable here")}


def table(found):
    lines = [f"{'miner':<10}{'system':<26}{'lines':>7}{'GA':>8}{'FGA':>8}{'lines/s':>10}"]
    for miner, by_system in found.items():
        if isinstance(by_system, str):
            lines.append(f"{miner:<10}{by_system}")
            continue
        rows = [*by_system.items(), ("mean", _mean(by_system.values()))]
        lines += [
            f"{miner:<10}{system:<26}{row['lines']:>7.0f}{row['ga']:>8.3f}{row['fga']:>8.3f}"
            f"{row['lines_per_second']:>10.0f}"
            for system, row in rows
        ]
    return "\n".join(lines)


def _measured(miner, lines, labels):
    start = time.process_time()
    groups = miner(lines)
    seconds = time.process_time() - start
    accuracy, f_score = scores(labels, groups)
    return {
        "lines": len(lines),
        "ga": accuracy,
        "fga": f_score,
        "lines_per_second": len(lines) / seconds,
    }


def scores(labels, groups):
    """Grouping accuracy (lines in exactly right groups) and the F score of the groups."""
    wanted, got = _members(labels), _members(groups)
    right = got & wanted
    accuracy = sum(map(len, right)) / len(labels)
    return accuracy, 2 * len(right) / (len(wanted) + len(got))


def _members(labels):
    found = defaultdict(set)
    for at, label in enumerate(labels):
        found[label].add(at)
    return {frozenset(members) for members in found.values()}


def _mean(rows):
    rows = list(rows)
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def _mendline(lines):
    return [answer.pattern.pattern_id for answer in Miner().learn(lines)]


def _drain3(lines):
    from drain3 import TemplateMiner  # noqa: PLC0415 (there or not)

    miner = TemplateMiner()
    return [miner.add_log_message(line)["cluster_id"] for line in lines]
