"""Calls that leave the platform: only to permitted addresses, in bounded time, signed."""
