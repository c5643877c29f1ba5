"""Care for the stores: what is looked at, what is told of it, and what is done without asking."""
