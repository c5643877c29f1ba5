"""The real Alertmanager, as the distribution has it, through one scenario in real time."""

import json
import re
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2

from tests.chaos.alertmanager.scenario import ANOTHER_DAY, NOW, End, Fire, Silence, Unsilence
from tests.chaos.alertmanager.sink import came
from tests.chaos.fault import ImpossibleError

PROGRAM = "prometheus-alertmanager"
STARTS_WITHIN = 120.0
WRITTEN = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"(.*)"\s*')
SPANS = ("group_wait", "group_interval", "repeat_interval")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def program():
    found = shutil.which(PROGRAM)
    if found is None:
        raise ImpossibleError(f"there is no {PROGRAM}: install the package of this name")
    return found


def play(scenario, sink, folder, *, unit):
    """What it told, with a unit of so many seconds."""
    place = scenario.name.replace(" ", "-")
    target = f"{sink.url}/{place}"
    (folder / f"{place}.yml").write_text(json.dumps(config(scenario, target, unit)))
    with _running(folder, place) as address, httpx2.Client(base_url=address, timeout=10) as client:
        _Course(client, unit).run(scenario)
    return came(sink.received, place)


def config(scenario, target, unit):
    """JSON, which is YAML, too."""
    today = datetime.now(UTC).weekday()
    hours = {NOW: "sunday:saturday", ANOTHER_DAY: DAYS[(today + 3) % 7]}
    return {
        "route": _route(scenario.route, unit),
        "receivers": [
            {
                "name": name,
                "webhook_configs": [
                    {
                        "url": f"{target}/{name}",
                        "send_resolved": name not in scenario.deaf_to_ends,
                    }
                ],
            }
            for name in scenario.receivers
        ],
        "inhibit_rules": list(scenario.inhibit),
        "time_intervals": [
            {"name": name, "time_intervals": [{"weekdays": [days]}]} for name, days in hours.items()
        ],
    }


def _route(route, unit):
    spans = {each: f"{round(route[each] * unit * 1000)}ms" for each in SPANS if each in route}
    below = {"routes": [_route(each, unit) for each in route.get("routes", ())]}
    return {**route, **spans, **below}


@contextmanager
def _running(folder, place):
    command = [
        program(),
        f"--config.file={folder / place}.yml",
        f"--storage.path={folder / place}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
        "--log.format=json",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        # Its log must be read to the end, or it would wait for us.
        reader = threading.Thread(target=process.stderr.read)
        try:
            address = _address(process)
            reader.start()
            yield address
        finally:
            process.kill()
            if reader.ident:
                reader.join()


def _address(process):
    watchdog = threading.Timer(STARTS_WITHIN, process.kill)
    watchdog.start()
    try:
        return _told_address(process.stderr)
    finally:
        watchdog.cancel()


def _told_address(log):
    said = []
    for line in log:
        said.append(line)
        if "Listening on" in line:
            return f"http://{json.loads(line)['address']}"
    raise ImpossibleError(f"{PROGRAM} does not start: {''.join(said)[-500:]}")


class _Course:
    """Does what the scenario says at the times that it says."""

    def __init__(self, client, unit):
        self.client = client
        self.unit = unit
        self.silences = {}

    def run(self, scenario):
        began = time.monotonic()
        for step in scenario.steps:
            time.sleep(max(0.0, began + step.at * self.unit - time.monotonic()))
            self._do(step)
        time.sleep(max(0.0, began + scenario.lasts * self.unit - time.monotonic()))

    def _do(self, step):
        now = datetime.now(UTC)
        match step:
            case Fire():
                self._post("alerts", [self._fired(step, now)])
            case End():
                self._post("alerts", [{"labels": dict(step.alert), "endsAt": now.isoformat()}])
            case Silence():
                made = self._post("silences", self._silence(step, now))
                self.silences[step.name] = made["silenceID"]
            case Unsilence():
                answer = self.client.delete(f"/api/v2/silence/{self.silences[step.name]}")
                answer.raise_for_status()

    def _fired(self, step, now):
        began = now - timedelta(seconds=step.ago * self.unit)
        alert = {"labels": dict(step.alert), "startsAt": began.isoformat()}
        if step.ends_after is not None:
            ends = now + timedelta(seconds=step.ends_after * self.unit)
            alert["endsAt"] = ends.isoformat()
        return alert

    def _silence(self, step, now):
        return {
            "matchers": [_matcher(each) for each in step.matchers],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(seconds=step.lasts * self.unit)).isoformat(),
            "createdBy": "drill",
            "comment": step.name,
        }

    def _post(self, what, body):
        answer = self.client.post(f"/api/v2/{what}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _matcher(written):
    name, operator, value = WRITTEN.fullmatch(written).groups()
    return {
        "name": name,
        "value": value,
        "isRegex": operator in {"=~", "!~"},
        "isEqual": operator in {"=", "=~"},
    }
