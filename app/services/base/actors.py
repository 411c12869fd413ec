"""Who acts: the person, program or process that a change is put down to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks a service to do something; every audit entry names one.

    `user_id` is None for processes and for people who are not logged in. `address` is the network
    address that a request came from, None where there was no request.
    """

    user_id: int | None
    name: str
    role: str
    address: str | None = None


COMMAND_LINE = Actor(None, "command line", "system", None)
"""Someone with a shell on the server: no account is asked for, the log says so."""

WORKER = Actor(None, "worker", "system", None)
"""A process that runs visits."""

SCHEDULER = Actor(None, "scheduler", "system", None)
"""The process that retries, expires and purges."""
