from collections import Counter
from pathlib import Path

from config import reference
from config.settings import Settings
from core.errors import MendlineError

ROOT = Path(__file__).resolve().parents[3]


def test_every_setting_is_on_the_page_with_its_default_and_meaning():
    page = reference.settings_page()
    for name, field in Settings.model_fields.items():
        (line,) = [line for line in page.splitlines() if f"| `MENDLINE_{name.upper()}` |" in line]
        assert field.description in line
    assert "| `MENDLINE_RETENTION_DAYS` | `int` | `90` |" in page
    assert "| `MENDLINE_SECRET_KEY` | `secret \\| None` |  |" in page


def test_log_events_are_read_from_the_calls(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.py").write_text(
        'log.info("inbox.drained", rows=1)\nlog.exception("inbox.failed")\n'
        'log.warning("inbox.drained")\nlog.info("no event name")\nother.get("a.b")\n'
    )
    assert reference.log_events(tmp_path) == {
        "inbox.drained": ["info", "warning"],
        "inbox.failed": ["error"],
    }


def test_our_own_events_have_a_subject_and_a_verb():
    names = reference.log_events(ROOT)
    assert "flower.listening" in names
    assert not [name for name in names if name != name.lower()]


def test_metrics_have_a_meaning_each():
    lines = [line for line in reference.metrics_page().splitlines() if "`mendline_" in line]
    assert len(lines) >= 15
    assert all(line.split("|")[3].strip() for line in lines)


def test_error_codes_are_on_the_page():
    page = reference.errors_page()
    assert "| `ML-DB-0004` | config | 503 | The database has another schema" in page
    assert "ML-RDS-0001" in page


def test_a_code_means_one_thing():
    reference.error_codes()  # imports them all

    def family(error):
        for child in error.__subclasses__():
            yield child
            yield from family(child)

    own = {error for error in family(MendlineError) if error.__module__.startswith("core.")}
    codes = Counter(error.code for error in own if "code" in vars(error))
    assert [code for code, count in codes.items() if count > 1] == []
    known = {each.code: each.category for each in reference.known_errors()}
    assert {e.code for e in own if e.code in known and known[e.code] != e.category} == set()
