"""Requests to owners for footage, and what they send."""
