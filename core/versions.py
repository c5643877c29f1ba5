"""Versions of what is stored, to be asked without loading what makes it."""

from typing import Final

# Raised with every change that gives an event another key; older keys keep leading to their issues.
# The key itself does not know it: parts that stay the same stay the same key.
GROUPING_VERSION: Final = 4
