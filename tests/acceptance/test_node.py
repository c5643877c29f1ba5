"""The stock @sentry/node package from the npm registry."""

import json
import shutil
import subprocess

import pytest

from tests.acceptance.test_sentry_sdk import fetched

PROGRAM = """
const Sentry = require("@sentry/node");
Sentry.init({ dsn: process.argv[2] });
function readTotal(order) { return order.lines.total; }
let id;
try { readTotal({}); } catch (error) { id = Sentry.captureException(error); }
Sentry.flush(10000).then(() => console.log(id));
"""


@pytest.fixture(scope="module")
def node_project(tmp_path_factory):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed here")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text(json.dumps({"name": "sample", "private": True}))
    (folder / "program.js").write_text(PROGRAM)
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "@sentry/node"]
    installed = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    if installed.returncode:
        pytest.skip(f"@sentry/node could not be installed: {installed.stderr[-300:]}")
    return folder


@pytest.mark.node
def test_an_exception_of_node_is_stored_and_grouped(platform, api, node_project):
    done = subprocess.run(
        ["node", "program.js", platform.dsn],
        cwd=node_project,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    event = fetched(api, done.stdout.strip().splitlines()[-1])
    assert event["title"].startswith("TypeError: Cannot read properties of undefined")
    assert "readTotal" in event["culprit"]
    assert event["category"] == "bug"
