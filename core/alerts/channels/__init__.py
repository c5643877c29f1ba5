"""Ways to tell people, one a file; none knows another."""
