"""The work ledger: what must be done once decided is a row, and a message only says "look"."""
