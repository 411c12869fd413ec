"""Searches of kept faces."""
