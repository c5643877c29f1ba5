"""What the operators of the drill's platform have written: two rules, one route, four channels."""

import json

from tests.chaos.site import Around

REPORTING, ERRING = "drill-reports", "drill-errors"
RULES = ("Drill of reports", "Drill of errors")
FAILURES = 10
EVENTS = 10
# What is not told by successes is over by itself, when its events are about that old.
ENOUGH, ERRORS_OVER = 3, 120
TIMEOUT = 5.0
SENDER = "Mendline <alerts@mendline.test>"


def declared(folder, posts, mail):
    """The platform around which these hold."""
    file = folder / "alerts.yaml"
    file.write_text(json.dumps(_content(posts, mail)))
    return Around(
        environment={
            "MENDLINE_ALERTS_FILE": str(file),
            "MENDLINE_OUTBOUND_ALLOW": '["127.0.0.1"]',
            "PAGER_KEY": "0123456789abcdef0123456789abcdef",
        }
    )


def _content(posts, mail):
    channels = {
        "slack": {"type": "slack", "webhook_url": f"{posts}/slack"},
        "pagerduty": {
            "type": "pagerduty",
            "integration_key": "${PAGER_KEY}",
            "url": f"{posts}/pagerduty",
        },
        "webhook": {"type": "webhook", "url": f"{posts}/webhook"},
        "email": {
            "type": "email",
            "recipients": ["ops@mendline.test"],
            "smtp": mail,
            "sender": SENDER,
        },
    }
    return {
        "rules": [
            {
                "name": RULES[0],
                "measure": "component.failure_ratio",
                "over": "5m",
                "where": {"component": f"{REPORTING}-*"},
                "above": {"critical": 0.5},
            },
            {
                "name": RULES[1],
                "measure": "component.events",
                "over": f"{ERRORS_OVER}s",
                "where": {"component": f"{ERRING}-*"},
                "at_least": {"critical": ENOUGH},
            },
        ],
        "channels": {name: each | {"timeout": TIMEOUT} for name, each in channels.items()},
        "route": {
            "channels": [],
            "routes": [
                {
                    "name": "drill",
                    "match": ['alertname=~"Drill of .*"'],
                    "channels": list(channels),
                    "group_by": ["component"],
                    "group_wait": "0s",
                    "group_interval": "1s",
                    "repeat_interval": "4h",
                }
            ],
        },
    }
