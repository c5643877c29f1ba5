"""Faults of the shop's Redis."""

import threading
from urllib.parse import urlsplit

import redis

from tests.chaos.proxy import Proxy
from tests.chaos.recovery.fault import fault

CACHE = "cache"


@fault(
    "cache full",
    family=CACHE,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/cache-full" }
hold = 2
[[rule]]
name = "old carts may go"
match.kind = "cache.memory"
strategies = ["cleanup", "escalate"]
[use.cleanup]
action = "cleanup"
target = "cache:carts"
arguments = { cache = "carts" }
""",
)
def cache_full(ground):
    with ground.shop.cache() as client:
        for n in range(400):
            client.set(f"cart:{n}", b"x" * 50_000)
        client.config_set("maxmemory", client.info("memory")["used_memory"] - 1_000_000)

    def remember():
        with ground.shop.cache() as client:
            client.set("session:1", b"y" * 10_000)

    ground.shop.ways["cache-full"] = remember
    try:
        yield ground.caller.once("cache-full", "remember", remember)
        remember()
    finally:
        with ground.shop.cache() as client:
            client.config_set("maxmemory", 0)


@fault("cache only a replica", family=CACHE)
def cache_only_replica(ground):
    """Turned into a replica of nobody that answers, as in a failover, and back."""
    with ground.shop.cache() as client:
        client.config_set("replica-read-only", "yes")
        client.replicaof("127.0.0.1", "1")

    def promote():
        with ground.shop.cache() as client:
            client.replicaof("NO", "ONE")

    promotion = threading.Timer(1.5, promote)
    promotion.start()

    def remember():
        with ground.shop.cache() as client:
            client.set("session:2", "y")

    yield ground.caller.work("cache-only-a-replica", "remember", remember)
    promotion.join()


@fault("cache cut off", family=CACHE)
def cache_cut_off(ground):
    port = urlsplit(ground.shop.cache_url).port
    with Proxy("127.0.0.1", port) as proxy:
        url = ground.shop.cache_url.replace(f":{port}/", f":{proxy.port}/")
        proxy.reset()
        heal = threading.Timer(2, proxy.heal)
        heal.start()

        def remember():
            with ground.shop.cache(url=url) as client:
                client.set("session:3", "y")

        yield ground.caller.work("cache-cut-off", "remember", remember)
        heal.join()


@fault("cache busy with a script", family=CACHE)
def cache_busy(ground):
    """A script holds up everybody until it is killed; the server says so."""
    with ground.shop.cache() as client:
        client.config_set("lua-time-limit", 100)

    def spin():
        try:
            with ground.shop.cache(seconds=20) as client:
                client.eval("while true do end", 0)
        except redis.RedisError:
            return

    def kill():
        with ground.shop.cache() as client:
            client.script_kill()

    spinning, killing = threading.Thread(target=spin), threading.Timer(2.5, kill)
    spinning.start()
    killing.start()

    def remember():
        with ground.shop.cache() as client:
            client.set("session:4", "y")

    threading.Event().wait(0.5)
    yield ground.caller.work("cache-busy-with-a-script", "remember", remember)
    killing.join()
    spinning.join()
