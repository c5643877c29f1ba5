"""The page on channels shows files that can be used as they stand."""

import re
from pathlib import Path

import pytest

from config.channel_entries import Around
from config.channels import book
from core.alerts.posting import Poster
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.outbound.signing import new_secret

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "alert-channels.md"
FILES = re.findall(r"```(toml|yaml)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("kind", "text"), FILES)
def test_an_example_is_a_file_without_a_mistake(kind, text, tmp_path):
    file = tmp_path / f"channels.{kind}"
    file.write_text(text)
    file.chmod(0o600)
    names = re.findall(r"\$\{(\w+)\}", text)
    known = dict.fromkeys(names, "https://example.test/0123456789") | {"HOOK_SECRET": new_secret()}
    around = Around(Poster(Outbound(OutboundPolicy())), "smtp://mail.test", "a@b.test")
    found, problems = book([file], around, known)
    assert problems == []
    assert found.declared


def test_the_page_has_examples():
    assert len(FILES) >= 6
