"""Whose certificates are watched."""

import pytest

from config.certificates import place, places
from config.settings import Settings
from core.errors import ConfigurationError

CHANNELS = """
[channels.ops]
type = "webhook"
url = "https://hooks.example:8443/alerts"
[channels.near]
type = "webhook"
url = "http://127.0.0.1/alerts"
[channels.mail]
type = "email"
recipients = ["ops@example.org"]
sender = "mendline@example.org"
smtp = "smtp://ana:secret@mail.example:587"
[channels.log]
type = "console"
"""


def watched(tmp_path, **values):
    settings = Settings(data_dir=tmp_path, **values)
    return [(str(each), each.greeting) for each in places(settings)]


def test_nothing_that_speaks_tls_is_nothing(tmp_path):
    assert watched(tmp_path, redis_url="redis://127.0.0.1", public_url="http://m.example") == []


def test_what_mendline_talks_to_and_what_the_operator_names(tmp_path):
    file = tmp_path / "channels.toml"
    file.write_text(CHANNELS)
    file.chmod(0o600)
    found = watched(
        tmp_path,
        channels_file=file,
        public_url="https://mendline.example",
        redis_url="rediss://:hunter22@redis.example:6380/0",
        certificate_hosts=["shop.example", "mendline.example:443"],
    )
    assert found == [
        ("hooks.example:8443", ""),
        ("mail.example:587", "smtp"),
        ("mendline.example:443", ""),
        ("redis.example:6380", ""),
        ("shop.example:443", ""),
    ]


def test_an_address_of_version_6_has_brackets():
    assert str(place("[::1]:8443")) == "[::1]:8443"


@pytest.mark.parametrize("wrong", ["", "a:b", "a/b", "https://shop.example"])
def test_what_is_no_host_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="not the name of a host"):
        place(wrong)
