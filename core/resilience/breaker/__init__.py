"""Circuit breakers that all processes share."""

from core.resilience.breaker.breakers import Breakers
from core.resilience.breaker.chronicle import MemoryChronicle
from core.resilience.breaker.errors import (
    BreakerOpenError,
    BreakerStateUnavailableError,
    UnknownBreakerError,
)
from core.resilience.breaker.guard import Guard, guarded
from core.resilience.breaker.keeper import Listeners
from core.resilience.breaker.memory import MemoryBreakers
from core.resilience.breaker.permit import Permit
from core.resilience.breaker.redis_shared import RedisBreakers
from core.resilience.breaker.rows import Ledger, RowChronicle
from core.resilience.breaker.settings import BreakerSettings, SettingsBook
from core.resilience.breaker.standing import Standing, State

__all__ = [
    "BreakerOpenError",
    "BreakerSettings",
    "BreakerStateUnavailableError",
    "Breakers",
    "Guard",
    "Ledger",
    "Listeners",
    "MemoryBreakers",
    "MemoryChronicle",
    "Permit",
    "RedisBreakers",
    "RowChronicle",
    "SettingsBook",
    "Standing",
    "State",
    "UnknownBreakerError",
    "guarded",
]
