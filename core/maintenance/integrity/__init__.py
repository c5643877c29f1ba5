"""Looks for what contradicts itself in the database, and mends what can be mended."""
