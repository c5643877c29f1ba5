"""Transactions: their modes, parts, hooks and repeats, the log of them, and those of two phases."""
