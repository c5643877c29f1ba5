"""Celery's settings, from ours: what loses nothing and hangs nowhere on either broker."""

from collections.abc import Iterable
from typing import Any, Final

from kombu import Exchange
from kombu import Queue as BrokerQueue

from config import wiring
from config.settings import Settings
from core.store.bands import CRITICAL
from tasks.queues import BANDS, DEAD, OPEN, PRIORITY_STEPS, Queue, banded, served_bands

SOFT_LIMIT_SECONDS: Final = 600
HARD_LIMIT_SECONDS: Final = 660
# Broker's visibility of messages that carry content; the worker renews it while they run.
VISIBILITY_SECONDS: Final = 60
# RabbitMQ's own protection against a message that ends every worker; ours counts in the ledger.
DELIVERY_LIMIT: Final = 10
# Whoever serves critical work alone gets it first, as long as it has hands free.
CRITICAL_CONSUMER: Final = {"x-priority": 10}


def celery_settings(settings: Settings) -> dict[str, Any]:
    url = wiring.broker_url(settings)
    quorum = is_rabbitmq(url)
    return {
        "broker_url": url,
        "broker_transport_options": _amqp_options() if quorum else _redis_options(),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 2,
        "broker_pool_acquire_timeout": 5,
        "task_queues": quorum_queues() if quorum else _plain_queues(Queue),
        "task_default_queue": Queue.MAINTENANCE,
        "task_create_missing_queues": False,
        "task_default_priority": 5,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": not quorum,
        **_DELIVERY,
        **_CONTENT,
        **_WORKER,
    }


_DELIVERY: Final[dict[str, Any]] = {
    # Tasks that carry content ask for late acknowledgement themselves.
    "task_acks_late": False,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "task_reject_on_worker_lost": False,
    "task_publish_retry_policy": {
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.5,
    },
    "task_soft_time_limit": SOFT_LIMIT_SECONDS,
    "task_time_limit": HARD_LIMIT_SECONDS,
}
_CONTENT: Final[dict[str, Any]] = {
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "task_protocol": 2,
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "result_backend": None,
    "timezone": "UTC",
    "enable_utc": True,
}
_WORKER: Final[dict[str, Any]] = {
    "worker_send_task_events": True,
    "worker_consumer": "workers.consumer:HardConsumer",
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_max_tasks_per_child": 10_000,
    "beat_scheduler": "tasks.beat:Scheduler",
    "beat_max_loop_interval": 1,
    "beat_enable_remote_control": True,
}


# Who publishes is not held up by a broker that is away: rows wait, and wake-ups come again.
PUBLISHING: Final[dict[str, Any]] = {
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0.1,
    "interval_max": 0.2,
}


def _redis_options() -> dict[str, Any]:
    return PUBLISHING | {
        "priority_steps": list(PRIORITY_STEPS),
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # Of everything that is asked of Redis, the longest answer is that of a wait of one second.
        # Who publishes or counts is held up for no longer than this by a network that swallows.
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def _amqp_options() -> dict[str, Any]:
    return PUBLISHING | {"confirm_publish": True}


def is_rabbitmq(url: str) -> bool:
    return url.startswith(("amqp", "pyamqp"))


def quorum_queues() -> list[BrokerQueue]:
    """One for each band, and those that others send to, declared as their Celery does it.

    The routing key stays the plain name, so that a message tells where it belongs.
    """
    banded_queues = [_quorum_queue(name, number) for name in Queue for number in BANDS]
    return [*banded_queues, *_plain_queues(OPEN)]


def dead_queue() -> BrokerQueue:
    """Where RabbitMQ puts what it gives up, or what somebody rejects."""
    return BrokerQueue(
        DEAD, Exchange(DEAD, type="fanout"), queue_arguments={"x-queue-type": "quorum"}
    )


def _quorum_queue(name: Queue, number: int) -> BrokerQueue:
    critical = served_bands() == (CRITICAL,)
    return BrokerQueue(
        banded(name, number),
        # To a direct one Celery does not send: it would name the queue itself as the key.
        Exchange(banded("mendline", number), type="topic"),
        routing_key=str(name),
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD,
            # Kept until the other queue has confirmed; that needs the overflow to be refused.
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
        consumer_arguments=CRITICAL_CONSUMER if critical and number == CRITICAL else None,
    )


def _plain_queues(names: Iterable[Queue]) -> list[BrokerQueue]:
    return [
        BrokerQueue(str(name), Exchange(str(name), type="direct"), routing_key=str(name))
        for name in names
    ]
