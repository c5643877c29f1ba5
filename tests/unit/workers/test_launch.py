import json
import os
import subprocess
import sys

import pytest

from workers.programs import LAUNCHER, Identity, Program, launcher, spawn

WHO = "import os; print(os.getuid(), os.getgid(), os.getppid())"


def launched(code, *, identity=Identity(), parent=None):  # noqa: B008  # frozen
    *start, options = launcher(identity, 15)
    changed = json.loads(options) | ({"parent": parent} if parent else {})
    command = [*start, json.dumps(changed), sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_program_keeps_user_and_parent():
    assert launched(WHO).stdout.split() == [
        str(os.getuid()), str(os.getgid()), str(os.getpid()),
    ]  # fmt: skip


def test_what_it_writes_is_for_its_owner_only():
    assert launched("import os; print(os.umask(0))").stdout.strip() == str(0o077)


def test_a_program_whose_parent_is_gone_already_is_not_started():
    done = launched("print('started')", parent=1 if os.getppid() != 1 else 2)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "ended before" in done.stderr


def test_a_missing_program_is_named():
    program = Program("one", ("/no/such/program",))
    with spawn(program, output=subprocess.PIPE) as process:
        said = process.stdout.read().decode()
    assert process.returncode == 1
    assert "cannot start /no/such/program: No such file" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")
def test_root_becomes_the_user_without_its_groups():
    code = WHO + "; print(os.getgroups())"
    done = launched(code, identity=Identity(user=12345, group=12346))
    if done.returncode:
        pytest.skip("the interpreter is out of reach for that user")
    assert done.stdout.split()[:2] == ["12345", "12346"]
    assert done.stdout.splitlines()[1] == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_in_a_namespace_it_is_an_ordinary_user():
    done = launched(WHO, identity=Identity(namespace=True))
    if done.returncode:
        pytest.skip("namespaces are forbidden here")
    assert done.stdout.split()[:2] == ["1000", "1000"]


def test_the_launcher_needs_nothing_but_the_standard_library():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({LAUNCHER!r})"],
        check=False,
    )
    assert done.returncode == 0
