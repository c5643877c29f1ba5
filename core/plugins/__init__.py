"""Code of others that runs inside the platform: what it may add, and how it is kept apart."""
