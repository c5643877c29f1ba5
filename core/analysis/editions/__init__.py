"""Older editions, the newest of them first. Each says only what it does unlike its successor, and
is never changed: tests hold its keys.
"""

from core.analysis.edition import Edition
from core.analysis.editions.second import SECOND
from core.analysis.editions.third import THIRD

OLDER: tuple[Edition, ...] = (THIRD, SECOND)
