"""The lock file is made on one Python and used on others."""

import re
from pathlib import Path

LOCK = (Path(__file__).resolve().parents[3] / "requirements.lock").read_text()


def test_what_only_the_first_releases_of_python_3_11_need_is_pinned():
    assert re.search(r'^async-timeout==\S+ ; python_full_version < "3\.11\.3"', LOCK, re.MULTILINE)


def test_every_pin_has_its_hashes():
    pins = re.findall(r"^[\w.\[\]-]+==.*$", LOCK, re.MULTILINE)
    assert pins
    assert not [pin for pin in pins if not pin.endswith("\\")]


def test_no_address_of_an_index_is_in_it():
    assert not re.search(
        r"^\s*--(index-url|extra-index-url|find-links)|https?://", LOCK, re.MULTILINE
    )
