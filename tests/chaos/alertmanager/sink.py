"""What came in at the sink, in either's webhook: version 4 of Alertmanager's body."""

import json

from tests.chaos.alertmanager.scenario import told


def came(received, place):
    """In the order it came; `place` is the beginning of the path, the rest is the receiver."""
    return [_told(each) for each in received if each.path.startswith(f"/{place}/")]


def _told(request):
    body = json.loads(request.body)
    assert body["version"] == "4"
    alerts = {"firing": [], "resolved": []}
    for each in body["alerts"]:
        alerts[each["status"]].append(each["labels"])
    assert body["status"] == ("firing" if alerts["firing"] else "resolved")
    return told(request.path.rpartition("/")[2], body["groupLabels"], **alerts)
