"""Processes that die between any two steps of what they do with databases."""

import os
import signal

from sqlalchemy import event

STATEMENTS = ("before_cursor_execute", "after_cursor_execute", "commit", "rollback")
# All that others can tell apart: a transaction is there as a whole, or not at all.
TRANSACTIONS = ("begin", "commit")


class Fuse:
    """Ends the process at the given step; what counts as one is up to the test."""

    def __init__(self, steps):
        self.left = steps

    def into(self, *databases, steps=STATEMENTS):
        for database in databases:
            for name in steps:
                event.listen(database.engine, name, self.burn)

    def burn(self, *_):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def killed_at(step, act):
    """Runs `act(fuse)` in a child that is killed at that step; False when it came to its end."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            act(Fuse(step))
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def each_kill(act):
    """Kills at the first step, at the second … until it comes to its end; yields after each."""
    step = 0
    while killed_at(step, act):
        yield step
        step += 1
    yield None
