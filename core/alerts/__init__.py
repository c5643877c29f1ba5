"""Alerts: what is worth telling people, whom, when, and why not."""
