"""Push and SMS services, through Apprise, by the names that the administrator gave them."""

from __future__ import annotations

import logging

from apprise import Apprise, AppriseAsset

from app.config import Settings
from app.models import OutgoingMessage
from app.services.messages.delivery import Away, GivenUp, ServerAway

TITLE = "Lastseen"


def send(settings: Settings, message: OutgoingMessage) -> None:
    """Hand one text over to the named channel.

    Raises GivenUp where the channel is gone or its address unusable, ServerAway where its service
    does not take the message now. Neither tells the address, nor what the service answered: that
    may hold the address.
    """
    address = settings.channel_addresses.get(message.recipient)
    if address is None:
        raise GivenUp(f"There is no channel “{message.recipient}” any more (ALERT_CHANNELS).")
    # Its log names addresses that it cannot use, tokens and all, and hosts that do not answer.
    logging.getLogger("apprise").disabled = True
    service = Apprise(asset=AppriseAsset(app_id=TITLE, async_mode=False))
    if not service.add(address):
        raise GivenUp(f"Apprise cannot use the address of channel “{message.recipient}”.")
    if not service.notify(body=message.text, title=TITLE):
        raise ServerAway(
            f"The service behind channel “{message.recipient}” did not take the message.",
            Away.RECIPIENT,
        )
