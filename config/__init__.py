"""How each process of ours is set up. The first import of all: see `gc` below."""

import gc

# Python looks for garbage after every 700 new objects. A start makes hundreds of thousands of them,
# and all stay. Looking less often makes starts shorter; batches and requests gain, too.
gc.set_threshold(50_000, 10, 10)
