"""What PowerShell's `Invoke-RestMethod` sends for the bridge of the requirements, byte by byte."""

import json
import os
import shutil
import socket
import subprocess
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.intake import reader
from core.model import InboxRow

MODULE = Path(__file__).resolve().parents[4] / "clients" / "powershell" / "ErrorManagerBridge.psm1"
MESSAGE = "Impossible d'accéder à la forêt « Größe » <1 & 2>"
# Windows PowerShell 5.1: four spaces and more, these signs as escapes, ISO 8859-1, and it asks for
# leave before it sends the body.
OLD_BODY = (
    "{\r\n"
    '    "timestamp":  "2025-06-05T14:03:07.123Z",\r\n'
    '    "component":  "powershell-dependency-resolver",\r\n'
    '    "error":  "Impossible d\\u0027accéder à la forêt « Größe » \\u003c1 \\u0026 2\\u003e",\r\n'
    '    "context":  {\r\n'
    '                    "operation":  "dependency-resolution",\r\n'
    '                    "module":  null\r\n'
    "                }\r\n"
    "}"
).encode("latin-1")
OLD_HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; fr-FR) "
    "WindowsPowerShell/5.1.19041.4170\r\n"
    "Content-Type: application/json\r\n"
    "Host: {host}\r\n"
    "Content-Length: {length}\r\n"
    "Expect: 100-continue\r\n"
    "Connection: Keep-Alive\r\n\r\n"
)
# PowerShell 7: two spaces, UTF-8 from 7.4 on.
NEW_BODY = (
    "{{{end}"
    '  "error": "Impossible d\'accéder à la forêt « Größe » <1 & 2>",{end}'
    '  "context": {{{end}'
    '    "module": null,{end}'
    '    "operation": "dependency-resolution"{end}'
    "  }},{end}"
    '  "component": "powershell-dependency-resolver",{end}'
    '  "timestamp": "2025-06-05T14:03:07.123Z"{end}'
    "}}"
)
NEW_HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; fr-FR) "
    "PowerShell/7.4.1\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: {length}\r\n\r\n"
)


class Sender:
    """One connection to the running server, as .NET keeps it: the next request goes on it too."""

    def __init__(self, url, key):
        place = urlsplit(url)
        self.host = place.netloc
        self.path = f"/k/{key}/api/errors"
        self.socket = socket.create_connection((place.hostname, place.port), timeout=10)
        self.stream = self.socket.makefile("rb")

    def post(self, head, body):
        text = head.format(path=self.path, host=self.host, length=len(body))
        self.socket.sendall(text.encode())
        if "100-continue" in head:
            assert self.answer() == (100, b"")
        self.socket.sendall(body)
        status, content = self.answer()
        return status, json.loads(content)

    def answer(self):
        status = int(self.stream.readline().split()[1])
        length = 0
        while (line := self.stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, self.stream.read(length)


@pytest.fixture
def sender(shared):
    made = Sender(shared.url, shared.key)
    yield made
    made.socket.close()


def stored(shared, event_id):
    with shared.database.transaction() as session:
        row = session.query(InboxRow).filter_by(event_id=uuid.UUID(event_id)).one()
        return reader.read(row)


def check(shared, answer):
    status, body = answer
    assert status == 200
    assert body["processed"] is True
    assert set(body["recovery_action"]) >= {"action", "reason"}
    event, tags = stored(shared, body["error_id"])
    assert event["logentry"]["formatted"] == MESSAGE
    assert event["tags"]["component"] == "powershell-dependency-resolver"
    assert event["extra"] == {"operation": "dependency-resolution", "module": None}
    return tags


def test_windows_powershell(shared, sender):
    assert "charset:windows-1252" in check(shared, sender.post(OLD_HEAD, OLD_BODY))
    check(shared, sender.post(OLD_HEAD, OLD_BODY))


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_powershell_7(shared, sender, end):
    body = NEW_BODY.format(end=end).encode()
    assert not [tag for tag in check(shared, sender.post(NEW_HEAD, body)) if "charset" in tag]


def test_powershell_7_before_4_sends_latin(shared, sender):
    body = NEW_BODY.format(end="\r\n").encode("latin-1")
    check(shared, sender.post(NEW_HEAD, body))


def test_a_context_that_was_too_deep_is_taken_as_it_comes(shared, sender):
    """`ConvertTo-Json -Depth 3` writes what is deeper as the name of its type."""
    report = {"error": "boom", "context": {"a": {"b": {"c": "System.Collections.Hashtable"}}}}
    status, body = sender.post(NEW_HEAD, json.dumps(report).encode())
    assert status == 200
    assert stored(shared, body["error_id"]).event["extra"]["a"]["b"]["c"].endswith("Hashtable")


@pytest.fixture
def powershell(shared, tmp_path):
    """Runs a script with the module loaded; answers with the JSON that it writes last."""
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        pytest.skip("no PowerShell: install pwsh to try the module in it")

    def run(script, url=f"{shared.url}/k/{shared.key}"):
        text = f"Import-Module '{MODULE}'; {script} | ConvertTo-Json -Depth 5 -Compress"
        ended = subprocess.run(
            [program, "-NoProfile", "-NonInteractive", "-Command", text],
            env={
                **os.environ,
                "ERROR_MANAGER_URL": url,
                "ERROR_MANAGER_FALLBACK": str(tmp_path / "kept.jsonl"),
            },
            capture_output=True,
            check=True,
            timeout=60,
        )
        return json.loads(ended.stdout.decode().strip().splitlines()[-1])

    return run


def test_the_module_reports(shared, powershell):
    script = f"Invoke-ErrorManagerProcess -ErrorMessage '{MESSAGE.replace(chr(39), chr(39) * 2)}'"
    answer = powershell(f"{script} -Component 'resolver' -Context @{{ 1 = (Get-Date); b = @(1) }}")
    assert answer["processed"] is True
    event = stored(shared, answer["error_id"]).event
    assert event["logentry"]["formatted"] == MESSAGE
    assert set(event["extra"]) == {"1", "b"}


def test_the_module_keeps_what_it_cannot_report(shared, powershell, tmp_path):
    script = "Invoke-ErrorManagerProcess -ErrorMessage 'boom' -Attempt 1 2>$null 3>$null"
    answer = powershell(script, url="http://127.0.0.1:9")
    assert answer["processed"] is False
    assert answer["recovery_action"]["action"] == "retry"
    kept = json.loads((tmp_path / "kept.jsonl").read_text())
    assert powershell("Send-ErrorManagerFallback") == 1
    assert stored(shared, kept["event_id"]).event["logentry"]["formatted"] == "boom"


def test_the_module_tries_again_as_long_as_it_is_told(powershell):
    failing = "$script:n = 0; Invoke-WithErrorManager -ScriptBlock { $script:n++; "
    failing += "if ($script:n -lt 3) { throw 'boom' }; $script:n } 2>$null 3>$null"
    assert powershell(failing, url="http://127.0.0.1:9") == 3
