"""What the shop's operators have declared and switched on, in the words of the documentation."""

ACTIONS = """
[webhooks.shop]
url = "{shop}/hooks"
secret = "${{SHOP_SECRET}}"

[commands.restart-worker]
argv = ["/usr/bin/pkill", "-QUIT", "-F", "{folder}/worker.pid"]

[databases.shop]
url = "${{SHOP_DATABASE}}"

[transactions.settle]
database = "shop"
statements = ["UPDATE orders SET state = 'settled' WHERE paid AND state = 'paying'"]

[queries.half-done-orders]
database = "shop"
sql = "SELECT count(*) FROM orders WHERE paid AND state = 'paying'"
at_most = 0

[caches.carts]
url = "${{SHOP_CACHE}}"
prefix = "cart:"

[folders.uploads]
path = "{folder}/uploads"
pattern = "*.part"
older_than_seconds = 60

[failovers.shop-database]
switch = "shop.database"
values = ["primary", "standby"]

[failovers.shop-search]
switch = "shop.search"
values = ["first", "second"]
"""
# All that may be done is switched on, and every strategy has something to do: what nothing is to
# be done about is left alone because of what it is, and not because nothing could be done.
POLICY = """
[modes]
breaker = "auto"
cleanup = "auto"
command = "auto"
database = "auto"
failover = "auto"
quarantine = "auto"
release = "auto"
replay = "auto"
resend_task = "auto"
switch = "auto"
transaction = "auto"
webhook = "auto"

[use.restart]
action = "webhook"
target = "component:{component}"
arguments = { webhook = "shop", type = "restart.requested" }

[use.fallback]
action = "switch"
target = "component:{component}"
arguments = { switch = "{component}.fallback", value = true, seconds = 900 }

[use.failover]
action = "failover"
target = "component:{component}"
arguments = { failover = "shop-search" }

[use.circuit_break]
action = "breaker"
target = "component:{component}"
arguments = { seconds = 5 }

[use.throttle]
action = "switch"
target = "component:{component}"
arguments = { switch = "{component}.slower", value = true, seconds = 60 }

[use.quarantine]
action = "quarantine"
target = "component:{component}"
arguments = { key = "{operation}" }

[verification]
after = 1
every = 1
hold = 5
"""
