import re
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.sources import PACKAGES, ROOT, sources

FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff", "base2"}


def test_no_module_is_named_for_having_no_name():
    named = [s.name for s in sources() if set(s.path.with_suffix("").parts) & FORBIDDEN]
    assert not named


def test_no_numbered_twins():
    assert not [s.name for s in sources() if re.search(r"[a-z]\d$", s.path.stem)]


def test_every_folder_with_code_is_a_package():
    missing = {
        str(s.path.parent.relative_to(ROOT))
        for s in sources()
        if not (s.path.parent / "__init__.py").is_file()
    }
    assert not missing


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_names(package):
    owners = set(packages_distributions().get(package, ()))
    assert owners <= {"mendline"}


def test_nothing_edits_the_import_path():
    assert not [s.name for s in sources() if "sys.path" in s.text]


def test_no_path_of_a_machine_and_no_package_registry():
    pattern = re.compile(r"pypi\.or[g]|pythonhosted\.or[g]|npmjs\.or[g]|debian\.or[g]|/root/")
    assert not [s.name for s in sources() if pattern.search(s.text)]
