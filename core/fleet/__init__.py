"""How large the pools of workers are to be: what was seen goes in, decisions come out."""
