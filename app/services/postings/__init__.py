"""Imported posts and advertisements."""
