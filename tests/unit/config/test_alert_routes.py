from datetime import UTC, datetime, timedelta

import pytest

from config import alert_routes, alerting
from config.alert_routes import Channels, read_text
from config.alerts_file import AlertsFileError, Document
from config.settings import Settings
from core.alerts.budget import Budget

NAMES = Channels({"ops": frozenset(), "ana-mail": frozenset({"critical"}), "ben-mail": frozenset()})
WHOLE = """
route:
  channels: [ops]
  group_wait: 0s
  routes:
    - name: payments
      match: ['component="payments"']
      severity: [critical]
      oncall: primary
      mute_time_intervals: [night]
      continue: true
    - {name: ends, states: [resolved], receiver: everybody, group_by: [component]}
receivers:
  - {name: everybody, channels: [ops, ben-mail]}
time_intervals:
  - {name: night, days: [mon-fri, sun], from: 22:00, until: "07:00", zone: Europe/Paris}
oncall:
  people: {ana: [ana-mail], ben: ben-mail}
  rotas:
    primary:
      people: [ana, ben]
      start: 2026-01-05 09:00
      every: 7d
      zone: Europe/Paris
      overrides:
        - {person: ben, from: 2026-01-06, until: 2026-01-07 12:00}
budgets:
  ops: {notifications: 20, per: 1h}
inhibit_rules:
  - {source: {severity: critical}, target: ['severity=~"high|low"'], equal: [component]}
"""
REQUIREMENTS = """
alerts:
  notification_channels:
    - {type: slack, webhook_url: "${SLACK_WEBHOOK_URL}", severity_levels: [critical, high]}
    - {type: email, recipients: [devops@company.com], severity_levels: [critical]}
    - {type: pagerduty, integration_key: "${PAGERDUTY_KEY}", severity_levels: [critical]}
"""


def test_a_whole_file():
    found = read_text(WHOLE, NAMES)
    assert found.problems == ()
    plan = found.plan
    payments, ends = plan.root.routes
    assert (plan.root.pace.wait, payments.name) == (timedelta(0), "default/payments")
    assert payments.pace == plan.root.pace
    assert plan.channels(ends, datetime(2026, 1, 1, tzinfo=UTC)) == ("ops", "ben-mail")
    assert plan.budgets == {"ops": Budget(20, timedelta(hours=1))}
    assert payments.quiet(datetime(2026, 1, 5, 22, tzinfo=UTC)) == "night"
    assert payments.quiet(datetime(2026, 1, 3, 22, tzinfo=UTC)) is None  # a Saturday


def test_people_on_duty():
    plan = read_text(WHOLE, NAMES).plan
    on_duty = plan.rotas["primary"].on_duty
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (5, 6, 8, 12)]
    assert [on_duty(day) for day in days] == ["ana", "ben", "ana", "ben"]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("route:\n  channels: [opps]", 2, "no channel 'opps'. Did you mean 'ops'?"),
        ("route:\n  chanels: [ops]", 2, "'chanels' is unknown. Did you mean 'channels'?"),
        ("route:\n  routes:\n    - {match: [nonsense]}", 3, "is no matcher"),
        ("route:\n  severity: [high]", 1, "takes everything"),
        ("route:\n  routes:\n    - {states: [over]}", 3, "no state 'over'"),
        ("route:\n  group_interval: 0s", 2, "An interval is 0"),
        ("route:\n  oncall: [first]", 2, "no rota 'first'"),
        ("route:\n  mute_time_intervals: [noon]", 2, "no hours 'noon'"),
        ("oncall:\n  rotas:\n    a: {people: [eve]}", 3, "nobody called 'eve'"),
        ("time_intervals:\n  - {name: a, zone: Mars/Olympus}", 2, "no time zone"),
        ("time_intervals:\n  - {name: a, days: [someday]}", 2, "no day 'someday'"),
        ("budgets:\n  ops: {notifications: 0}", 2, "no budget"),
        ("inhibit_rules:\n  - {source: [a=b]}", 2, "Source or target is missing"),
        ("route:\n  routes:\n    - {name: a}\n    - {name: a}", 4, "two routes"),
    ],
)
def test_mistakes_are_told_with_their_lines(text, line, told):
    found = read_text(text, NAMES)
    assert not found.usable
    problem = next(each for each in found.problems if each.fatal)
    assert problem.line == line
    assert told in str(problem)


@pytest.mark.parametrize("time", ["22:00Z", "22:00+02:00"])
def test_hours_have_their_zone_beside_them(time):
    found = read_text(f'time_intervals: [{{name: night, from: "{time}", until: "06:00"}}]', NAMES)
    (problem,) = found.problems
    assert (problem.what, found.usable) == (f"'from' is '{time}', with a zone.", False)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-07-01T09:00:00Z", "2026-07-01 13:00", "2026-07-01T09", "2026-07-01T11"),
        ("2026-07-01T09:00:00-05:00", "2026-07-02", "2026-07-01T14", "2026-07-01T22"),
        ("0001-01-01", "9999-12-31", "0001-01-01T00", "9999-12-30T23"),
    ],
)
def test_an_exception_may_have_a_zone_of_its_own(start, end, first, last):
    text = WHOLE.replace(
        "from: 2026-01-06, until: 2026-01-07 12:00", f"from: {start}, until: {end}"
    )
    found = read_text(text, NAMES)
    assert found.problems == ()
    (override,) = found.plan.rotas["primary"].overrides
    assert override.start.isoformat().startswith(first)
    assert override.end.isoformat().startswith(last)


def test_an_exception_beyond_the_calendar_is_no_moment():
    text = WHOLE.replace("2026-01-07 12:00", "9999-12-31T23:59:59-05:00")
    assert "no moment" in read_text(text, NAMES).problems[0].what


def test_warnings_leave_the_file_usable():
    found = read_text("route:\n  severity: []\n  routes: [{severity: [urgent]}]", NAMES)
    assert found.usable
    assert [each.line for each in found.problems] == [1 + 2, 3]


def test_the_channels_of_the_requirements_are_routes(tmp_path, monkeypatch):
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    (tmp_path / "alerts.yaml").write_text(REQUIREMENTS)
    plan = alerting.plan(Settings(alerts_file=tmp_path / "alerts.yaml"))
    levels = {route.channels: set(route.severities) for route in plan.root.routes}
    assert levels == {
        ("slack",): {"critical", "high"},
        ("email",): {"critical"},
        ("pagerduty",): {"critical"},
    }
    assert plan.stateful == {"pagerduty"}


def test_a_broken_file_sends_to_the_channels_as_they_say(tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text(REQUIREMENTS + "  route: {channels: [nowhere]}\n")
    assert len(alerting.plan(Settings(alerts_file=file)).root.routes) == 3
    assert "no channel 'nowhere'" in str(alerting.problems(file.read_text())[0])


def test_channels_by_name_by_type_and_by_number():
    text = "channels: {ops: {type: slack}}\nnotification_channels:\n"
    listed = "".join(f"  - {each}\n" for each in ("{type: email}", "{type: email}", "{name: x}"))
    found = alerting.declared(Document(text + listed))
    assert list(found.severities) == ["ops", "email", "email-2", "x"]


def test_a_file_that_is_not_there(tmp_path):
    assert alerting.plan(Settings(alerts_file=tmp_path / "none.yaml")).root.routes == ()
    with pytest.raises(AlertsFileError):
        alert_routes.plan(tmp_path / "none.yaml", NAMES)
