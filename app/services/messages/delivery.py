"""What can happen to one try to deliver a message."""

from __future__ import annotations

from enum import Enum


class DeliveryError(Exception):
    """Base of both; `str(error)` is a sentence for whoever looks at the list of messages."""


class Away(Enum):
    """Whose messages need not be tried now either, when one could not be delivered."""

    MESSAGE = "only this message"
    RECIPIENT = "all to the same recipient"
    ALL = "all that go the same way"


class ServerAway(DeliveryError):
    """Not now: the message is tried again after a pause, and so are those that `away` says."""

    def __init__(self, sentence: str, away: Away = Away.ALL) -> None:
        super().__init__(sentence)
        self.away = away


class GivenUp(DeliveryError):
    """Never: the receiver refuses this message for good."""
