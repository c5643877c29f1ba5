"""The wall clock that all processes of a site share, a few bytes in a file."""

import shutil
import subprocess
from pathlib import Path

from tests.chaos.fault import ImpossibleError

SOURCE = Path(__file__).with_suffix(".c")
# Eight bytes are written at once: no process ever reads half of a number.
SIZE = 8


class SharedClock:
    """Compiles the library and is right until it is `set`; `environment` is for the processes."""

    def __init__(self, folder):
        self._file = folder / "clock"
        self.set(0)
        library = folder / "clock.so"
        compiler = shutil.which("cc")
        if compiler is None:
            raise ImpossibleError("there is no C compiler (cc) to make a clock that can be set")
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]
        subprocess.run(command, check=True)
        self.environment = {"LD_PRELOAD": str(library), "DRILL_CLOCK": str(self._file)}

    def set(self, seconds):
        with self._file.open("r+b" if self._file.exists() else "wb", buffering=0) as file:
            file.write(seconds.to_bytes(SIZE, "little", signed=True))
