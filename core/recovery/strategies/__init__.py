"""The family of strategies: each answers a situation, knows no other, and does nothing itself."""

from collections.abc import Mapping
from typing import Final

from core.recovery.strategies.circuit_break import CircuitBreak
from core.recovery.strategies.cleanup import Cleanup
from core.recovery.strategies.escalate import Escalate
from core.recovery.strategies.failover import Failover
from core.recovery.strategies.fallback import Fallback
from core.recovery.strategies.quarantine import Quarantine
from core.recovery.strategies.replay import Replay
from core.recovery.strategies.restart import Restart
from core.recovery.strategies.retry import Retry
from core.recovery.strategies.rollback import Rollback
from core.recovery.strategies.throttle import Throttle
from core.recovery.strategies.wait import Wait
from core.recovery.strategy import Strategy

_OURS: Final = (
    Retry(),
    Wait(),
    Throttle(),
    CircuitBreak(),
    Fallback(),
    Failover(),
    Restart(),
    Cleanup(),
    Rollback(),
    Replay(),
    Quarantine(),
    Escalate(),
)
STRATEGIES: Final[Mapping[str, Strategy]] = {each.name: each for each in _OURS}
