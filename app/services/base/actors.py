"""Who acts: the person, program or process that a change is put down to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SYSTEM_ROLE: Final = "system"
"""The role of processes and of a shell on the server: whoever has that has the database, too."""


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


COMMAND_LINE = Actor(None, "command line", SYSTEM_ROLE, None)
"""Someone with a shell on the server: no account is asked for, the log says so."""

WORKER = Actor(None, "worker", SYSTEM_ROLE, None)
"""A process that runs visits."""

SCHEDULER = Actor(None, "scheduler", SYSTEM_ROLE, None)
"""The process that retries, expires and purges."""
