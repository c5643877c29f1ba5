from pydantic import SecretStr

from config import effective
from config.settings import Settings


def test_an_address_keeps_what_is_no_secret():
    url = SecretStr("postgresql://ann:hunter2@db:5432/x")
    assert effective.shown(url) == "postgresql://ann:[masked]@db:5432/x"
    assert effective.shown(SecretStr("hunter2")) == "[masked]"
    slash = SecretStr("postgresql://ann:hun/ter2@db:5432/x")
    assert effective.shown(slash) == "postgresql://ann:[masked]@db:5432/x"
    plain = "redis://localhost:6379/0"
    assert effective.shown(SecretStr(plain)) == plain
    assert effective.shown(None) is None


def test_variables_that_nothing_reads_are_told(monkeypatch):
    for name in ("MENDLINE_PORTS", "MENDLINE_PORT", "MENDLINE_CONFIG", "MENDLINE_TEST_REDIS_URL"):
        monkeypatch.setenv(name, "1")
    assert effective.unknown_variables() == ["MENDLINE_PORTS"]


def test_the_names_of_settings_are_their_variables():
    assert {row.name for row in effective.effective(Settings(), Settings())} == set(
        Settings.model_fields
    )
