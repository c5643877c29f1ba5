"""Real keys of a real Redis, and real files."""

import os
from datetime import timedelta

import pytest

from core.clock import SystemClock
from core.recovery.action import ActionError, Order
from core.recovery.actions.cleanup import CleanupAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Cache, Folder

HOUR = 3600


def order(*, dry_run=False, timeout=5.0, **arguments):
    return Order("cleanup", "cache:carts", arguments, "key-1", timeout, dry_run=dry_run)


@pytest.fixture
def caching(redis_server, redis_client):
    redis_client.mset({f"cart:{number}": "x" for number in range(1200)})
    redis_client.mset({"user:1": "x", "cartoon": "x", "cart[1]": "x"})
    return CleanupAction({"carts": Cache(redis_server, "cart:")}, {}, SystemClock())


def test_keys_with_the_prefix_go_and_others_stay(caching, redis_client):
    done = caching.run(order(cache="carts"))
    assert (done.evidence["things"], done.evidence["complete"]) == (1200, True)
    assert sorted(redis_client.keys()) == [b"cart[1]", b"cartoon", b"user:1"]


def test_a_dry_run_counts_and_takes_nothing(caching, redis_client):
    assert caching.run(order(cache="carts", dry_run=True)).evidence["things"] == 1200
    assert redis_client.dbsize() == 1203


def test_no_more_than_the_budget_goes(caching, redis_client):
    done = caching.run(order(cache="carts", most=100))
    assert (done.evidence["things"], done.evidence["complete"]) == (100, False)
    assert redis_client.dbsize() == 1103


def test_signs_of_patterns_in_a_prefix_are_signs_only(redis_server, redis_client):
    redis_client.mset({"a*b:1": "x", "aXb:1": "x", "[c]:1": "x", "c:1": "x"})
    caches = {"star": Cache(redis_server, "a*b:"), "set": Cache(redis_server, "[c]:")}
    action = CleanupAction(caches, {}, SystemClock())
    assert action.run(order(cache="star")).evidence["things"] == 1
    assert action.run(order(cache="set")).evidence["things"] == 1
    assert sorted(redis_client.keys()) == [b"aXb:1", b"c:1"]


def test_a_cache_that_is_away_is_a_passing_failure():
    away = CleanupAction(
        {"carts": Cache("redis://:hunter22@127.0.0.1:1/0", "a")}, {}, SystemClock()
    )
    with pytest.raises(ActionError) as caught:
        away.run(order(cache="carts"))
    assert not caught.value.permanent
    assert "hunter22" not in str(caught.value)


@pytest.fixture
def folder(tmp_path):
    """Two old files, of which one is below; a young one, another name, a link to the outside."""
    outside = tmp_path / "outside.tmp"
    outside.write_text("precious")
    root = tmp_path / "uploads"
    (root / "below").mkdir(parents=True)
    for name in ("a.tmp", "below/b.tmp", "c.txt", "young.tmp"):
        (root / name).write_text("12345")
    (root / "link.tmp").symlink_to(outside)
    (root / "linked").symlink_to(tmp_path)
    old = (SystemClock().now() - timedelta(hours=2)).timestamp()
    for name in (root / "a.tmp", root / "below/b.tmp", root / "c.txt", outside):
        os.utime(name, (old, old))
    os.utime(root / "link.tmp", (old, old), follow_symlinks=False)
    return root


def sweeping(path):
    return CleanupAction({}, {"uploads": Folder(str(path), "*.tmp", HOUR)}, SystemClock())


def test_old_files_go_and_nothing_else(folder):
    done = sweeping(folder).run(order(folder="uploads"))
    assert (done.evidence["things"], done.evidence["bytes"]) == (2, 10)
    left = sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))
    assert left == ["below", "c.txt", "link.tmp", "linked", "young.tmp"]
    assert (folder.parent / "outside.tmp").read_text() == "precious"


def test_a_dry_run_leaves_the_files(folder):
    assert sweeping(folder).run(order(folder="uploads", dry_run=True)).evidence["things"] == 2
    assert (folder / "a.tmp").exists()


def test_a_folder_that_became_a_link_is_not_entered(folder, tmp_path):
    link = tmp_path / "elsewhere"
    link.symlink_to(folder)
    assert sweeping(link).run(order(folder="uploads")).evidence["things"] == 0
    assert (folder / "a.tmp").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ActionError, match="No such file"):
        sweeping(tmp_path / "nowhere").run(order(folder="uploads"))


@pytest.mark.parametrize("told", [{}, {"folder": "/etc"}, {"cache": "x"}, {"path": "/tmp"}])
def test_only_what_is_declared_is_cleaned_up(tmp_path, told):
    with pytest.raises(ArgumentError):
        sweeping(tmp_path).run(order(**told))
