"""Room: what the events of each project may take, and what goes first when it is used up."""
