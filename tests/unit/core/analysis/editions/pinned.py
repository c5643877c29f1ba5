"""Events of many languages and mechanisms, whose keys are pinned; and the keys.

`python -m tests.unit.core.analysis.editions.pinned` writes the keys of the newest edition anew:
only together with a higher version, as those of the older editions have to stay.
"""

import json
from pathlib import Path
from typing import Any

from core.analysis import GROUPING_VERSION, analyse
from core.analysis.edition import NEWEST, Edition
from tests.unit.core.analysis.builders import KNOWLEDGE, event, failure, frame
from tests.unit.core.analysis.languages.samples import TRACES
from tests.unit.core.analysis.test_printed_and_told import PAIRS

KEYS = Path(__file__).with_name("keys.json")
# What a client would say of a trace that its name does not tell.
PLATFORMS = {
    "aggregate": "csharp", "chrome": "javascript", "edge": "javascript", "firefox": "javascript",
    "hermes": "javascript", "node": "node", "opera": "javascript", "safari": "javascript",
    "unity": "csharp", "dotnet": "csharp", "pwsh": "powershell",
}  # fmt: skip
MESSAGES = (
    "hello",
    "user 4711 not found at 10.0.0.7:5432 after 30 s",
    "HTTP 404 for https://shop.example.com/orders/17?page=2",
    "ORA-00060: deadlock detected while waiting for resource",
    "could not open '/var/lib/shop/cart-17.db' (retry=False)",
)


def events() -> dict[str, dict[str, Any]]:
    found = {f"message {number}": {"message": text} for number, text in enumerate(MESSAGES)}
    for name, (as_text, as_frames) in PAIRS.items():
        found |= {f"printed {name}": as_text, f"told {name}": as_frames}
    for path in sorted(TRACES.glob("*.txt")):
        platform = PLATFORMS.get(path.stem, path.stem.partition("_")[0])
        found[f"trace {path.stem}"] = {"platform": platform, "message": path.read_text()}
    return found | _mechanisms()


def _mechanisms() -> dict[str, dict[str, Any]]:
    failed = failure("KeyError", "user_17", frame("pay"), frame("get", "lib/x.py", in_app=False))
    group = [
        failure("ValueError", "a", mechanism={"exception_id": 1, "parent_id": 0}),
        failure("TypeError", "b", mechanism={"exception_id": 2, "parent_id": 0}),
        failure("ExceptionGroup", "2", mechanism={"exception_id": 0, "is_exception_group": True}),
    ]
    return {
        "stack": event(failed),
        "exception": event(failure("KeyError", "user_17")),
        "chain": event(failure("OSError", "x", frame("read")), failed),
        "group": event(*group),
        "custom": event(failed, fingerprint=["cart", "{{ type }}"]),
        "hybrid": event(failed, fingerprint=["{{ default }}", "eu"]),
        "loose": {"platform": "python", "stacktrace": {"frames": [frame("pay")]}},
        "nothing": {"platform": "python", "transaction": "/orders/17"},
    }


def keys(edition: Edition = NEWEST) -> dict[str, str]:
    return {
        name: analyse(each, KNOWLEDGE, edition=edition).grouping.issue_key
        for name, each in events().items()
    }


def read() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(KEYS.read_text())
    return found


if __name__ == "__main__":
    known = read() if KEYS.exists() else {}
    known[str(GROUPING_VERSION)] = keys()
    KEYS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
