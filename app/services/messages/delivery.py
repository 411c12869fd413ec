"""What can happen to one try to deliver a message."""

from __future__ import annotations


class DeliveryError(Exception):
    """Base of both; `str(error)` is a sentence for whoever looks at the list of messages."""


class ServerAway(DeliveryError):
    """Not now: the message is tried again after a pause.

    `for_all`: the server itself is away, so that others need not be tried on it now either.
    """

    def __init__(self, sentence: str, *, for_all: bool = True) -> None:
        super().__init__(sentence)
        self.for_all = for_all


class GivenUp(DeliveryError):
    """Never: the receiver refuses this message for good."""
