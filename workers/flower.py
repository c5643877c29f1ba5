"""The process `flower`: the operators' view of the workers."""

import os
import signal

import structlog

from config import logging, loglines
from config.settings import Settings
from config.wiring import discovered
from core.errors import ConfigurationError

log = structlog.get_logger()

# Events of this many tasks are kept in memory; Flower's own default needs about ten times as much.
KEPT_TASKS = 10_000
# It asks all workers eight questions at once, listens, and keeps the listening switched on.
CONNECTIONS = 12


def credentials(settings: Settings) -> str:
    """`user:password`; without both there is no Flower."""
    if not settings.flower_user or settings.flower_password is None:
        raise ConfigurationError(
            "Flower does not start without a password: set MENDLINE_FLOWER_USER and "
            "MENDLINE_FLOWER_PASSWORD, as `mendline run` does."
        )
    if ":" in settings.flower_user:
        raise ConfigurationError("MENDLINE_FLOWER_USER must not contain a colon.")
    return f"{settings.flower_user}:{settings.flower_password.get_secret_value()}"


def main() -> None:
    settings = discovered(Settings())
    logging.configure("flower", settings.log_level)
    loglines.begin(settings)
    secret = credentials(settings)
    # Flower counts for itself, in this process only; the choice is made when it is imported.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    from flower.options import default_options as options  # noqa: PLC0415

    from tasks.app import app  # noqa: PLC0415
    from workers.flower_guard import GuardedFlower  # noqa: PLC0415

    app.conf.broker_pool_limit = CONNECTIONS
    options.basic_auth = [secret]
    options.read_only = True
    options.address = settings.flower_host
    options.port = settings.flower_port
    options.max_tasks = KEPT_TASKS
    flower = GuardedFlower(options, app)
    signal.signal(signal.SIGTERM, lambda *_: flower.io_loop.add_callback_from_signal(flower.stop))
    signal.signal(signal.SIGINT, lambda *_: flower.io_loop.add_callback_from_signal(flower.stop))
    port = flower.start_http_server()
    log.info("flower.listening", host=settings.flower_host, port=port)
    flower.start()


if __name__ == "__main__":
    main()
