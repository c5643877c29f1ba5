"""Policies: what is read out of a file, what is wrong with one, and which rule decides."""

import pytest

from config.recovery_policy import shipped, shipped_text
from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.errors import Category
from core.recovery.book import Book, Layer
from core.recovery.mode import Mode
from core.recovery.policy_reading import PolicyError, checked, read
from core.recovery.vocabulary import words
from tests.unit.core.recovery.situations import situation

WORDS = words()
GOOD = """
[modes]
restart_pool = "auto"
[limits]
cooldown = 5
[verification]
hold = 9
probe = "http"
arguments = { url = "https://example.org/health" }
[use.restart]
action = "restart_pool"
target = "pool:{component}"
limits = { cooldown = 7 }
[[maintenance]]
days = ["sat"]
begins = "22:30"
ends = "02:00"
[[rule]]
name = "database"
match.family = ["database", "cache"]
match.component = "!batch-*"
match.transient = true
strategies = ["retry", "restart", "escalate"]
limits.most = 2
verification.hold = 1
"""


def course(found=None, layers=None, **values):
    book = Book((*(layers or []), shipped(WORDS)) if found is None else (found,))
    return book.course(situation(**values))


def problems(text):
    return [(each.line, each.where, each.what) for each in read(text, WORDS).problems]


def test_what_is_shipped_has_no_mistake_and_no_warning():
    assert read(shipped_text(), WORDS).problems == ()


def test_a_file_becomes_values():
    found = course(checked(GOOD, WORDS), family="cache")
    assert found.rule.name == "database"
    assert found.chain == ("retry", "restart", "escalate")
    assert found.mode("restart_pool") is Mode.AUTO
    assert found.mode("webhook") is Mode.SHADOW
    assert (found.limits("restart").cooldown, found.limits("retry").cooldown) == (7, 5)
    assert found.limits("restart").most == 2
    assert found.verification().hold == 1
    assert found.verification().arguments == {"url": "https://example.org/health"}
    (window,) = found.windows()
    assert (window.days, window.begins, window.ends) == (frozenset({5}), 1350, 120)


@pytest.mark.parametrize(
    "values",
    [{"family": "api"}, {"family": "cache", "component": "batch-1"}, {"transient": False}],
)
def test_a_rule_needs_all_of_its_conditions(values):
    assert course(checked(GOOD, WORDS), **({"family": "cache"} | values)) is None


def test_the_most_particular_layer_comes_first_and_the_shipped_one_last():
    own = checked(GOOD, WORDS, name="project", version=3)
    top = checked("[modes]\nrestart_pool = 'off'\n[limits]\ncooldown = 1\n", WORDS)
    found = course(layers=[top, own], family="database")
    assert (found.layer.name, found.layer.version) == ("project", 3)
    assert found.mode("restart_pool") is Mode.OFF
    assert found.limits("").cooldown == 1
    assert course(layers=[top, own], family="api").layer.name == "shipped"


USE = "[use.wait]\naction = 'switch'\ntarget = 'x'\n"
WRONG = [
    ("[modes]\nwebhok = 'auto'", 2, "modes", "'webhok' is unknown."),
    ("[modes]\nwebhook = 'yes'", 2, "modes", "'webhook' is 'yes', which is none."),
    ("[limits]\nshare = 3", 2, "limits", "'share' is 3."),
    ("\n[limits]\ncooldown = '1m'", 3, "limits", "'cooldown' is '1m'."),
    ("[limit]\n", 1, "the file", "'limit' is unknown."),
    ("[use.restart]\naction = 'reboot'\ntarget = 'x'", 2, "use.restart", "'action' is 'reboot'"),
    ("[use.restart]\naction = 'command'", 1, "use.restart", "'target' is no text."),
    ("[use.wait]\naction = 'switch'\ntarget = '{nobody}'", 3, "use.wait", "No fact is called"),
    ("[[rule]]\nstrategies = []", 1, "rule", "'name' is no text."),
    ("[[rule]]\nname = 'a'\nstrategies = ['x']", 3, "rule 'a'", "There is no strategy 'x'."),
    ("[[rule]]\nname = 'a'\nmatch.categry = 'bug'", 3, "match", "'categry' is unknown."),
    ("[[rule]]\nname = 'a'\nmatch.category = 'bugs'", 3, "match", "No category is called 'bugs'."),
    ("[[rule]]\nname = 'a'\nmatch.transient = 'yes'", 3, "match", "'transient' is 'yes'."),
    ("[[rule]]\nname='a'\n[[rule]]\nname='a'", 4, "rule 'a'", "The rule of line 1 has the same"),
    ("[[maintenance]]\nbegins='25:00'\nends='1:00'", 2, "maintenance", "'begins' is no time"),
    ("[verification]\nprobe = 'ping'", 2, "verification", "'probe' is 'ping', which is none."),
    (
        "[use.wait]\naction = 'switch'\ntarget = \"a\\u0000\"",
        3,
        "the file",
        "A text holds the character",
    ),
    (f"{USE}arguments.to.of = [nan]", 4, "use.wait", "'arguments' holds a number that"),
    (f'{USE}arguments.to = "\\u0000"', 4, "the file", "A text holds the character"),
    ("[verification]\narguments.to = inf", 2, "verification", "'arguments' holds a number that"),
    (f"[limits]\nmost = {'9' * 5_000}", 2, "the file", "A number is longer than 64 bits."),
    (f"[limits]\nmost = 0x{'f' * 5_000}", 2, "the file", "A number is longer than 64 bits."),
    (f"{USE}arguments.to = [{2**63}]", 4, "the file", "A number is longer than 64 bits."),
    ("modes = 1", 1, "modes", "This is not a table."),
    ("[modes\n", 1, "the file", "This is not TOML"),
]


@pytest.mark.parametrize(("text", "line", "where", "what"), WRONG)
def test_what_is_wrong_is_told_with_its_line(text, line, where, what):
    found = problems(text)
    assert any(
        each[0] == line and each[1].endswith(where) and each[2].startswith(what) for each in found
    ), found
    with pytest.raises(PolicyError, match=r"line \d+"):
        checked(text, WORDS)


def test_one_look_tells_everything_and_the_rest_is_read_on():
    found = read("[modes]\nx = 'auto'\n" + GOOD.replace("[modes]\n", "") + "[limit]\n", WORDS)
    assert len(found.problems) == 2
    assert [rule.name for rule in found.layer.rules] == ["database"]


def test_a_rule_that_never_matches_is_warned_of():
    text = "[[rule]]\nname='a'\nstrategies=[]\n[[rule]]\nname='b'\nstrategies=[]\n"
    found = read(text, WORDS)
    assert found.usable
    assert found.problems[0].line == 4


def test_nothing_makes_the_reading_fail():
    for text in ("", "\x00", "[[rule]]", "rule = 1", "[use]\nretry = 1", "x" * 300_000, "[a]" * 9):
        assert isinstance(read(text, WORDS).layer, Layer)


SHIPPED = [
    ({"advice": Advice.NONE}, ()),
    ({"category": Category.VALIDATION, "transient": False}, ("escalate",)),
    ({"category": Category.BUG, "transient": False, "severity": Severity.LOW}, ("escalate",)),
    ({"category": Category.NOT_FOUND, "transient": False}, ("escalate",)),
    ({"category": Category.AUTH, "transient": False}, ("escalate",)),
    ({"category": Category.CONCURRENCY}, ("retry", "fallback", "escalate")),
    (
        {"category": Category.RATE_LIMIT, "advice": Advice.WAIT},
        ("wait", "throttle", "fallback", "escalate"),
    ),
    ({"kind": "task.worker_lost"}, ("retry", "quarantine", "restart", "escalate")),
]


@pytest.mark.parametrize(("values", "chain"), SHIPPED)
def test_the_shipped_policy_says_what_is_tried(values, chain):
    assert course(**values).chain == chain


def test_the_shipped_policy_switches_nothing_on():
    found = course()
    assert {found.mode(action) for action in WORDS.actions} == {Mode.SHADOW}
