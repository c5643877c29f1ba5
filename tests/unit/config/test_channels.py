import pytest

from config.channel_entries import Around, relay
from config.channels import book
from core.alerts.channel import TransportError
from core.alerts.channels.email import Tls
from core.alerts.posting import Poster
from core.errors import ConfigurationError
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy

REQUIREMENTS = """
alerts:
  global:
    error_rate_threshold: 10
  notification_channels:
    - type: "slack"
      webhook_url: "${SLACK_WEBHOOK_URL}"
      severity_levels: ["critical", "high"]

    - type: "email"
      recipients: ["devops@company.com"]
      severity_levels: ["critical"]

    - type: "pagerduty"
      integration_key: "${PAGERDUTY_KEY}"
      severity_levels: ["critical"]
"""
HOOK = "https://hooks.slack.com/services/T0/B0/abcdefgh"
KEYS = {"SLACK_WEBHOOK_URL": HOOK, "PAGERDUTY_KEY": "0123456789abcdef"}
AROUND = Around(Poster(Outbound(OutboundPolicy())), "smtp://u:p%40ss@mail.test", "alerts@us.test")


@pytest.fixture
def read(tmp_path):
    def reading(text, name="channels.toml", environment=KEYS, around=AROUND):
        file = tmp_path / name
        file.write_text(text)
        file.chmod(0o600)
        return book([file], around, environment)

    return reading


def test_the_channels_of_the_requirements_work_as_they_stand(read):
    found, problems = read(REQUIREMENTS, "alerts.yaml")
    assert problems == []
    assert found.names == ("email", "pagerduty", "slack")
    assert found.declared["slack"].severities == {"critical", "high"}
    assert found.declared["slack"].channel.url == HOOK
    assert found.declared["email"].channel.relay.password == "p@ss"
    assert found.declared["email"].channel.sender == "alerts@us.test"
    assert found.stateful == {"pagerduty"}


def test_a_variable_that_is_not_set_costs_its_channel_only(read):
    found, problems = read(REQUIREMENTS, "alerts.yaml", environment={"PAGERDUTY_KEY": "k" * 32})
    assert set(found.declared) == {"email", "pagerduty"}
    assert "SLACK_WEBHOOK_URL, which is not set" in problems[0]
    with pytest.raises(TransportError, match="SLACK_WEBHOOK_URL") as raised:
        found.find("slack")
    assert raised.value.permanent


def test_mail_without_a_server_says_what_is_missing(read):
    _, problems = read(REQUIREMENTS, "alerts.yaml", around=Around(AROUND.poster))
    assert "MENDLINE_SMTP_URL and MENDLINE_SMTP_FROM" in problems[0]


def test_a_channel_that_nobody_declared_is_named_with_those_there_are(read):
    found, _ = read('[channels.log]\ntype = "console"\n')
    with pytest.raises(TransportError, match="declared are: log"):
        found.find("pages")


def test_channels_of_one_type_are_told_apart(read):
    found, _ = read(
        "notification_channels: [{type: console}, {type: console}, {type: console, name: third}]",
        "c.yml",
    )
    assert found.names == ("console", "console-2", "third")


def test_secrets_are_known_so_that_they_can_be_hidden(read):
    found, _ = read(REQUIREMENTS, "alerts.yaml")
    assert found.masked(f"no such hook: {HOOK}") == "no such hook: ••••"
    assert found.masked("key 0123456789abcdef is wrong") == "key •••• is wrong"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ('type = "fax"', "type is one of slack, pagerduty"),
        ('type = "slack"', "either webhook_url, or token and channel"),
        ('type = "slack"\ntoken = "${PAGERDUTY_KEY}"', "needs channel"),
        ('type = "slack"\ntoken = "xoxb-1"\nchannel = "C1"', "put it into the environment"),
        ('type = "slack"\nwebhook_url = "hooks.slack.com"', "begins with http"),
        ('type = "webhook"\nurl = "https://u:p@x.test"', "belong in a header"),
        ('type = "webhook"\nurl = "https://x.test"\nsecret = "${PAGERDUTY_KEY}"', "webhook"),
        ('type = "email"\nrecipients = []', "recipients"),
        ('type = "email"\nrecipients = ["a@b"]\nsmtp = "mail.test"', "begins with smtp://"),
        ('type = "console"\ncolour = "red"', "colour: Extra inputs"),
        ('type = "console"\ntimeout = 900', "timeout"),
        ('type = "console"\ntitle = "{{ title "', "template cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(read, entry, why):
    found, problems = read(f"[channels.ops]\n{entry}\n")
    assert found.declared == {}
    assert "channels.toml, ops: " in problems[0]
    assert why in problems[0]
    assert KEYS["PAGERDUTY_KEY"] not in problems[0]


def test_files_that_cannot_be_used_are_told(read, tmp_path):
    assert "cannot be read" in read("[channels")[1][0]
    assert "cannot be read" in read("a: [", "a.yaml")[1][0]
    assert "is not a table" in read("- 1", "a.yaml")[1][0]
    assert "by name" in read("channels = 3")[1][0]
    assert "cannot be read" in book([tmp_path / "none.toml"], AROUND, {})[1][0]


def test_a_file_that_others_may_write_is_told_of(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("")
    file.chmod(0o666)
    assert "chmod go-w" in book([file], AROUND, {})[1][0]


def test_two_channels_of_one_name_are_told_of(tmp_path):
    files = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for file in files:
        file.write_text('[channels.log]\ntype = "console"\n')
        file.chmod(0o600)
    assert "two channels log" in book(files, AROUND, {})[1][0]


@pytest.mark.parametrize(
    ("address", "tls", "port"),
    [
        ("smtp://mail.test", Tls.STARTTLS, 587),
        ("smtps://mail.test", Tls.AT_ONCE, 465),
        ("smtp+plain://mail.test:2525", Tls.NONE, 2525),
    ],
)
def test_the_address_of_a_mail_server_says_how_it_is_secured(address, tls, port):
    assert (relay(address).tls, relay(address).port) == (tls, port)


def test_an_address_of_no_mail_server_is_refused():
    with pytest.raises(ConfigurationError):
        relay("smtp://mail.test:none")
