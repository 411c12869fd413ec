"""What the browser of a tip's sender holds: a key of its own, and which form it sent.

The secret word of a tip follows from the form, this key and the server's own. So whoever sent a
form and never got the answer – the connection broke, the page was loaded again, a button was tapped
twice – is shown the same number and word again, in the same browser, for a while. Nothing of the
word is kept here but its hash, and addresses, which stand in logs, do not lead to it.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

from flask import session

from app.services.contributing import public_forms, tips
from app.services.contributing.tips import NewTip

SHOWN_FOR_S: Final = 30 * 60
_KEY: Final = "tip_sender"
_SENT: Final = "tip_sent"


def prepare() -> None:
    """Give the browser its key with the form, so that both of two taps come with the same."""
    if not isinstance(session.get(_KEY), str):
        session[_KEY] = secrets.token_hex(16)


def secret_for(form_id: str) -> str:
    """The secret word of what this browser sends with a form."""
    prepare()
    return public_forms.secret_of(form_id, session[_KEY])


def note_sent(form_id: str) -> None:
    """Remember the form for `sent_last`."""
    session[_SENT] = [form_id, int(time.time())]


def sent_with(form_id: str) -> NewTip | None:
    """The tip that this browser made with a form not long ago; None for all others."""
    if not isinstance(session.get(_KEY), str):
        return None
    new = tips.find_sent(form_id, public_forms.secret_of(form_id, session[_KEY]))
    return new if new and new.age_s < SHOWN_FOR_S else None


def sent_last() -> NewTip | None:
    """The tip that this browser sent last, if that was not long ago."""
    held = session.get(_SENT)
    if not isinstance(held, list) or len(held) != 2 or time.time() - held[1] > SHOWN_FOR_S:
        return None
    return sent_with(held[0])


def forget() -> None:
    """Show it no more in this browser."""
    session.pop(_KEY, None)
    session.pop(_SENT, None)
