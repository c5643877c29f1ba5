"""Where copies of backups are kept besides the folder they are made in."""

from pathlib import Path
from typing import Protocol


class Place(Protocol):
    @property
    def name(self) -> str:
        """As people write it."""
        ...

    def put(self, path: Path) -> None:
        """Copies the file there, whole or not at all; the same one twice is once."""
        ...

    def get(self, name: str, into: Path) -> None:
        """Brings the file back, whole or not at all."""
        ...

    def names(self) -> list[str]:
        """Of all backups there, in rising order."""
        ...

    def remove(self, name: str) -> None:
        """Also where it is gone already."""
        ...
