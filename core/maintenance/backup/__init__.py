"""Backups: one file each, taken in one snapshot, proven by a restore, kept by rule."""
