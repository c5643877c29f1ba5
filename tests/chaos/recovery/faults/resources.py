"""Room, files and memory that run out."""

import os
import resource
import subprocess
import threading
import time
from contextlib import contextmanager

from tests.chaos.fault import ImpossibleError
from tests.chaos.recovery.fault import fault

RESOURCES = "resources"
YESTERDAY = time.time() - 86_400


@fault(
    "disk full",
    family=RESOURCES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/disk-full" }
hold = 2
[[rule]]
name = "what was never finished may go"
match.category = "resource"
strategies = ["cleanup", "escalate"]
[use.cleanup]
action = "cleanup"
target = "host:uploads"
arguments = { folder = "uploads" }
""",
)
def disk_full(ground):
    """A small disk of its own, filled with uploads that were broken off."""
    place = ground.folder / "uploads"
    place.mkdir()
    with _small_disk(place):
        _fill(place)

        def store():
            (place / "order.pdf").write_bytes(b"x" * 500_000)

        ground.shop.ways["disk-full"] = store
        yield ground.caller.once("disk-full", "store", store)
        store()


def _fill(place):
    try:
        for n in range(100):
            part = place / f"{n}.part"
            part.touch()
            os.utime(part, (YESTERDAY, YESTERDAY))
            part.write_bytes(b"x" * 500_000)
            os.utime(part, (YESTERDAY, YESTERDAY))
    except OSError:
        return


@contextmanager
def _small_disk(place):
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImpossibleError(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@fault("too many open files", family=RESOURCES)
def too_many_files(ground):
    """Somebody in the same process has opened all that it may, and lets go after a while."""
    path = ground.folder / "price-list"
    path.write_text("1")
    course = []

    def read():
        with _Crowded.files(path):
            path.read_text()

    with _Crowded(path):
        course.append(ground.caller.work("too-many-open-files", "read", read))
    yield course[0]


class _Crowded:
    """A limit below what is open would hit the bench itself, so only the one call is under it."""

    until = None

    def __init__(self, path):
        self._timer = threading.Timer(3, self._over)
        type(self).until = threading.Event()

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *_):
        self._timer.join()

    def _over(self):
        type(self).until.set()

    @classmethod
    @contextmanager
    def files(cls, path):
        if cls.until.is_set():
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = os.open(path, os.O_RDONLY)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
