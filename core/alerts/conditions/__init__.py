"""What alerts can be about: each condition is a file, and measures its series in one query."""
