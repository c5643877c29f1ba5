"""A project with its events in one file, and back out of it."""

from core.maintenance.exchange.exporting import Exported, write_project
from core.maintenance.exchange.importing import Imported, read_project

__all__ = ["Exported", "Imported", "read_project", "write_project"]
