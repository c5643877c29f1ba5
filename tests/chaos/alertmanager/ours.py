"""Mendline through one scenario: its own decisions on a real database, on a clock that is played.

What asks for a look at the groups is what the platform has: a wake-up that was put into the ledger,
the job that comes every few seconds, and the evaluation that ends what was not pushed again.
"""

import heapq
import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.alert_routes import Channels, read_text
from core.access.audit import Actor
from core.alerts import pushing
from core.alerts.channels.webhook import Webhook
from core.alerts.flushing import Flusher
from core.alerts.matcher import Matcher
from core.alerts.posting import Poster
from core.alerts.pushing import Pushed, Pusher
from core.alerts.silence import Ends, Scope
from core.alerts.silencing import NewSilence, create, expire
from core.alerts.snapshot import read
from core.alerts.waking import wake
from core.model import Notification
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.store import work
from tests.chaos.alertmanager.scenario import ANOTHER_DAY, NOW, End, Fire, Silence, Unsilence
from tests.chaos.alertmanager.sink import came

UNIT = 5.0
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
# As the platform has them: see workers/alert_clock.py and tasks/schedule.py.
EVALUATED_EVERY, FLUSHED_EVERY = 2, 5
SPANS = ("group_wait", "group_interval", "repeat_interval")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DRILL = Actor("drill")


def play(scenario, sink, database):
    """What it told; nothing stays in the database."""
    place = f"ours-{scenario.name}".replace(" ", "-")
    with database.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False) as session:
            _Course(session, scenario, f"{sink.url}/{place}").run()
        outer.rollback()
    return came(sink.received, place)


def plan(scenario):
    written = {
        "route": _route(scenario.route) | {"group_by": _group_by(scenario)},
        "inhibit_rules": list(scenario.inhibit),
        "time_intervals": [
            {"name": NOW, "days": ["mon-sun"], "from": "00:00", "until": "24:00"},
            {
                "name": ANOTHER_DAY,
                "days": [DAYS[(BEGIN.weekday() + 3) % 7]],
                "from": "00:00",
                "until": "24:00",
            },
        ],
    }
    severities = dict.fromkeys(scenario.receivers, frozenset())
    channels = Channels(severities, quiet=scenario.deaf_to_ends)
    found = read_text(json.dumps(written), channels)
    assert found.usable, found.problems
    return found.plan


def _group_by(scenario):
    """Ours is the incident where none is named, Alertmanager's is one group of everything."""
    return scenario.route.get("group_by", [])


def _route(route):
    spans = {each: f"{route[each] * UNIT:g}s" for each in SPANS if each in route}
    below = [_route(each) for each in route.get("routes", ())]
    return {**route, **spans, **({"routes": below} if below else {})}


class _Course:
    def __init__(self, session, scenario, target):
        self.session = session
        self.scenario = scenario
        self.target = target
        self.flusher = Flusher(plan(scenario), self._add)
        self.poster = Poster(Outbound(OutboundPolicy.of(["127.0.0.1"])))
        self.now = BEGIN
        self.wakes = []
        self.silences = {}
        self.sent = 0

    def run(self):
        steps = list(self.scenario.steps)
        for second in range(round(self.scenario.lasts * UNIT) + 1):
            self.now = BEGIN + timedelta(seconds=second)
            while steps and steps[0].at * UNIT <= second:
                self._do(steps.pop(0))
            if second % EVALUATED_EVERY == 0 and pushing.expire(self.session, self.now):
                self._wake()
            if self._woken() or second % FLUSHED_EVERY == 0:
                self.flusher.run(self.session, self.now)
                self._send()

    def _do(self, step):
        match step:
            case Fire():
                self._push(step.alert, began=-step.ago, ends=step.ends_after)
            case End():
                self._push(step.alert, began=None, ends=0)
            case Silence():
                new = self._silence(step)
                made = create(self.session, new, actor=DRILL, now=self.now)
                self.silences[step.name] = made
            case Unsilence():
                expire(self.session, self.silences[step.name], actor=DRILL, now=self.now)
        self._wake()

    def _push(self, labels, *, began, ends):
        pushed = Pushed(
            labels=labels,
            starts_at=None if began is None else self._at(began),
            ends_at=None if ends is None else self._at(ends),
        )
        pushing.push(self.session, [pushed], Pusher("drill"), now=self.now)

    def _at(self, units):
        return self.now + timedelta(seconds=units * UNIT)

    def _silence(self, step):
        return NewSilence(
            scope=Scope.LABELS,
            reason=step.name,
            matchers=tuple(Matcher.parse(each) for each in step.matchers),
            ends=Ends(at=self._at(step.lasts)),
        )

    def _wake(self):
        wake(self.session, self._add, at=self.now)

    def _add(self, session, order):
        if order.task == "alerts.flush":
            heapq.heappush(self.wakes, order.due_at)
        return work.add(session, order, self.now).work_id

    def _woken(self):
        due = bool(self.wakes) and self.wakes[0] <= self.now
        while self.wakes and self.wakes[0] <= self.now:
            heapq.heappop(self.wakes)
        return due

    def _send(self):
        asked = select(Notification).where(Notification.id > self.sent).order_by(Notification.id)
        for row in self.session.scalars(asked):
            self.sent = row.id
            url = f"{self.target}/{row.channel}"
            channel = Webhook(name=row.channel, poster=self.poster, url=url)
            channel.send(read(row.notice), timeout=5)
