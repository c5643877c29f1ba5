"""Celery's settings, from ours: what loses nothing and hangs nowhere on either broker."""

from typing import Any, Final

from kombu import Exchange
from kombu import Queue as BrokerQueue

from config import wiring
from config.settings import Settings
from tasks.queues import PRIORITY_STEPS, Queue

SOFT_LIMIT_SECONDS: Final = 600
HARD_LIMIT_SECONDS: Final = 660
# Broker's visibility of messages that carry content; the worker renews it while they run.
VISIBILITY_SECONDS: Final = 60


def celery_settings(settings: Settings) -> dict[str, Any]:
    url = wiring.broker_url(settings)
    quorum = url.startswith(("amqp", "pyamqp"))
    return {
        "broker_url": url,
        "broker_transport_options": _amqp_options() if quorum else _redis_options(),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 2,
        "broker_pool_acquire_timeout": 5,
        "task_queues": _queues(quorum=quorum),
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
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def _amqp_options() -> dict[str, Any]:
    return PUBLISHING | {"confirm_publish": True}


def _queues(*, quorum: bool) -> list[BrokerQueue]:
    arguments = {"x-queue-type": "quorum"} if quorum else None
    return [
        BrokerQueue(
            str(name),
            Exchange(str(name), type="direct"),
            routing_key=str(name),
            queue_arguments=arguments,
        )
        for name in Queue
    ]
