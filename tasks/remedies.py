"""The actions and probes of this platform; each is made when it is first used."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from config import wiring
from config.actions import declared
from config.resilience import LEDGER
from core.recovery.action import Action
from core.recovery.actions.breaker import BreakerAction
from core.recovery.actions.cleanup import CleanupAction
from core.recovery.actions.command import CommandAction
from core.recovery.actions.database import DatabaseAction
from core.recovery.actions.failover import FailoverAction
from core.recovery.actions.quarantine import QuarantineAction
from core.recovery.actions.release import ReleaseAction
from core.recovery.actions.replay import ReplayAction
from core.recovery.actions.resend_task import ResendTaskAction
from core.recovery.actions.restart_pool import RestartPoolAction
from core.recovery.actions.scale_pool import ScalePoolAction
from core.recovery.actions.switch import SwitchAction
from core.recovery.actions.transaction import TransactionAction
from core.recovery.actions.webhook import WebhookAction
from core.recovery.declared import Declared
from core.recovery.messages import Messenger
from core.recovery.once import Once
from core.recovery.probe import Probe
from core.recovery.probes.celery_ping import CeleryPingProbe
from core.recovery.probes.command import CommandProbe
from core.recovery.probes.error_rate import ErrorRateProbe
from core.recovery.probes.http import HttpProbe
from core.recovery.probes.sql import SqlProbe
from core.recovery.probes.tcp import TcpProbe
from core.recovery.running import Runner
from tasks.applications import CeleryQueues

if TYPE_CHECKING:
    from tasks.runtime import Runtime

T = TypeVar("T")


class Lazy(Mapping[str, T]):
    """Names are known at once; what they stand for is made on first use, once."""

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        self._makers = makers
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Remedies:
    """What recovery acts and looks with in this process."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._clock = runtime.clock
        self.actions: Mapping[str, Action] = Lazy(self._acting())
        self.probes: Mapping[str, Probe] = Lazy(self._probing())

    @cached_property
    def declared(self) -> Declared:
        return declared(self._runtime.settings.actions_file)

    @cached_property
    def _once(self) -> Once:
        return Once(self._runtime.database, self._clock)

    @cached_property
    def _queues(self) -> CeleryQueues:
        return CeleryQueues(self._runtime.app, self._runtime.settings)

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.declared.secrets, self._clock)

    @cached_property
    def _messenger(self) -> Messenger:
        return Messenger(wiring.outbound(self._runtime.settings), self._clock)

    def _acting(self) -> dict[str, Callable[[], Action]]:
        return {
            "breaker": lambda: BreakerAction(
                self._once, self._clock, self._runtime.resilience.breakers, LEDGER
            ),
            "cleanup": lambda: CleanupAction(
                self.declared.caches, self.declared.folders, self._clock
            ),
            "command": lambda: CommandAction(self.declared.commands, self._runner),
            "database": lambda: DatabaseAction(self.declared.databases),
            "failover": lambda: FailoverAction(self.declared.failovers, self._once, self._clock),
            "quarantine": lambda: QuarantineAction(self._once, self._clock),
            "release": lambda: ReleaseAction(self.declared.webhooks, self._messenger),
            "replay": lambda: ReplayAction(self._once, self._runtime.replaying, self._clock),
            "resend_task": lambda: ResendTaskAction(self._queues, self._runtime.settings.brokers),
            "restart_pool": lambda: RestartPoolAction(self._once, self._clock),
            "scale_pool": lambda: ScalePoolAction(self._once, self._clock),
            "switch": lambda: SwitchAction(self._once, self._clock),
            "transaction": lambda: TransactionAction(
                self.declared.transactions, self.declared.databases, self._clock
            ),
            "webhook": lambda: WebhookAction(self.declared.webhooks, self._messenger),
        }

    def _probing(self) -> dict[str, Callable[[], Probe]]:
        return {
            "celery_ping": lambda: CeleryPingProbe(self._queues, self._clock),
            "command": lambda: CommandProbe(self.declared.commands, self._runner),
            "error_rate": lambda: ErrorRateProbe(self._runtime.database, self._clock),
            "http": lambda: HttpProbe(wiring.outbound(self._runtime.settings), self._clock),
            "sql": lambda: SqlProbe(self.declared.databases, self.declared.queries, self._clock),
            "tcp": lambda: TcpProbe(wiring.outbound(self._runtime.settings).policy, self._clock),
        }
