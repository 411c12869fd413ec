"""What a browser has to compute before it may send a tip, while very many come in.

A proof of work in the manner of Hashcash (A. Back, 2002): a number for which the SHA-256 of
`lastseen-tip:FORM:NUMBER` begins with so many zero bits. Nobody has to solve a riddle, and no third
party is asked who is human; whoever sends thousands pays thousands of times. The work is bound to
one form, and one form makes one tip.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from app.current import settings
from app.extensions import db
from app.models import Tip, TipState
from app.models.columns import utc_now

WINDOW: Final = timedelta(minutes=10)
LEAST_BITS: Final = 15
"""33,000 attempts on average: half a second on a slow phone (70,000 a second)."""
MOST_BITS: Final = 18
"""262,000 attempts on average: four seconds on a slow phone. Nobody is kept waiting longer."""
LONGEST_ANSWER: Final = 16


def bits_for(recent: int, above: int) -> int:
    """How many zero bits are asked for when `recent` tips came in one window; 0 up to `above`.

    One bit more, which is twice the work, each time the tips double.
    """
    if recent <= above:
        return 0
    doublings = math.floor(math.log2(recent / max(above, 1)))
    return min(LEAST_BITS + doublings, MOST_BITS)


def bits_now() -> int:
    """How many are asked for at this moment."""
    since = utc_now() - WINDOW
    # All states are named, so that the index by state and time serves this count.
    recent = db.session.scalar(
        select(func.count(Tip.id)).where(Tip.state.in_(list(TipState)), Tip.received_at > since)
    )
    return bits_for(recent or 0, settings().tip_work_above)


def is_done(form_id: str, answer: str, bits: int) -> bool:
    """Whether `answer` is a number that does the work for this form."""
    if not (answer.isascii() and answer.isdecimal() and len(answer) <= LONGEST_ANSWER):
        return False
    digest = hashlib.sha256(f"lastseen-tip:{form_id}:{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (len(digest) * 8 - bits) == 0
