"""How far the platform may go on its own with an action."""

from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """`report` says that it would be due, `shadow` also tries it dry and changes nothing.

    `approve` asks a person first, `auto` acts.
    """

    OFF = "off"
    REPORT = "report"
    SHADOW = "shadow"
    APPROVE = "approve"
    AUTO = "auto"


# What touches the outside waits for a person to switch it on.
USUAL: Final = Mode.SHADOW
