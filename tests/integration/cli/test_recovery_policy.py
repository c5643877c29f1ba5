import json

import pytest
from click.testing import CliRunner

from cli.recovery_policy import policy
from tests.installed import OFF_HOURS, PAGING, install_plugin, words_learnt_anew

POLICY = "[modes]\nwebhook = 'auto'\n\n[[rule]]\nname = 'one'\nstrategies = ['restart']\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return path


@pytest.fixture
def call():
    def run(*arguments):
        return CliRunner().invoke(policy, [str(each) for each in arguments])

    return run


def test_a_good_file_is_said_to_be_good_and_the_shipped_one_is(call, file):
    assert call("check", file).stdout == "1 rules, and nothing against them.\n"
    shown = call("show")
    file.write_text(shown.stdout)
    assert call("check", file).exit_code == 0


def test_what_a_plug_in_adds_may_stand_in_a_policy(call, file, tmp_path, monkeypatch):
    file.write_text(PAGING)
    monkeypatch.syspath_prepend(tmp_path)
    with words_learnt_anew():
        assert call("check", file).exit_code == 1
    install_plugin(tmp_path, "off_hours_plugin", OFF_HOURS)
    with words_learnt_anew():
        assert call("check", file).stdout == "1 rules, and nothing against them.\n"


def test_mistakes_are_told_as_compilers_do(call, file):
    file.write_text(POLICY.replace("webhook", "webhok"))
    result = call("check", file)
    assert result.exit_code == 1
    told = f"{file}: line 2: error: modes: 'webhok' is unknown. Did you mean 'webhook'?\n"
    assert result.stderr == told
    found = json.loads(call("check", file, "--json").stdout)
    assert (found["usable"], found["problems"][0]["line"]) == (False, 2)
