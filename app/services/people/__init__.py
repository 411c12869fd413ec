"""Accounts and sessions, and who belongs to a case."""
