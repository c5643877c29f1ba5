"""What our processes log: in files of their host, which rotate, and in one searchable table."""
