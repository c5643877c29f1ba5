"""Places for copies of backups, one a file."""
