"""How code of ours without input and output fails where it is wrong about an event."""

from typing import Final

from core.errors import MendlineError

# What code without input and output can raise: everything but the process running out of means.
PURE_FAILURES: Final = (
    MendlineError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
