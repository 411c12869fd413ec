"""What strangers send is judged by its head, before a byte of its body is read.

Cheapest first: the size, the rate of the sender's network, the signed stamp in the address
(`public_forms`), how often that was tried, the rate of all together, the work (`form_work`), and
whether there is room. All of it comes before the form's tokens, which stand in the body. The words
of a refusal tell what to do, and nothing of what is kept here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import request
from limits import parse_many
from werkzeug.exceptions import LengthRequired

from app import senders
from app.current import settings
from app.errors import Conflict, Refused, TooLarge, TooOften, Unavailable
from app.extensions import limiter, sender_network
from app.services.contributing import form_work, public_forms, tips
from app.services.contributing.public_forms import FormStamp

SLOW_S: Final = 60.0
"""How long a form must have been open that comes without work while work is asked for."""
_WITHOUT_WORK: Final = "20 per 10 minutes"
_TRIES: Final = "12 per 12 hours"
"""Of one form: photos that are refused may be chosen anew."""
_EVERYBODY: Final = "everybody"
_KEY: Final = "public door"
_FROM_NETWORK: Final = "So much came from your network that no more is taken from it now."
_FROM_ALL: Final = "So much is coming in that no more can be taken now."


@dataclass(frozen=True)
class Gate:
    """How much of one kind is taken from one network, and from all together."""

    by_network: str
    in_total: str
    has_stamp: bool = False


GATES: Final[Mapping[str, Gate]] = {
    # Many phones share one address where providers have few, so it is not lower.
    "tip.hand_in": Gate("10 per 10 minutes; 100 per day", "600 per 10 minutes", has_stamp=True),
    "tip.open_tip": Gate("10 per 10 minutes; 60 per day", "600 per 10 minutes"),
    "tip.say_more": Gate("20 per hour", "1200 per hour"),
}
"""By endpoint; of these, only POST."""


@dataclass(frozen=True)
class Readiness:
    """What a form has to do before it is sent. With a `refusal`, sending it would be in vain.

    `is_sent` says that this browser has sent it already: the answer was lost, and sending its stamp
    alone brings it again.
    """

    stamp: str
    challenge: str
    work_bits: int
    wait_s: float
    refusal: str = ""
    is_sent: bool = False


def check_head() -> None:
    """Refuse a stranger's request by its head.

    Raises LengthRequired, TooOften, Refused, Conflict or Unavailable.
    """
    endpoint = request.endpoint or ""
    gate = GATES.get(endpoint)
    if gate is None or request.method != "POST":
        return
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequired
    _count(gate.by_network, _FROM_NETWORK, endpoint, sender_network())
    stamp = _authentic_stamp() if gate.has_stamp else None
    _count(gate.in_total, _FROM_ALL, endpoint, _EVERYBODY)
    if stamp is not None and not tips.is_sent(stamp):
        _check_work(stamp, request.args.get("work", ""))
        _refuse_when_full()


def readiness(stamp_text: str, size_bytes: int) -> Readiness:
    """What this form has to do before it is sent; nothing is counted by asking.

    Raises Refused for a stamp that is not authentic.
    """
    stamp = public_forms.look_at_stamp(stamp_text)
    bits = form_work.bits_now()
    agreed_text = public_forms.agree_on(stamp, bits)
    agreed = public_forms.look_at_stamp(agreed_text)
    wait_s = max(0.0, public_forms.FASTEST_S - agreed.age_s)
    if senders.sent_with(stamp.form_id):
        return Readiness(agreed_text, agreed.form_id, 0, 0.0, is_sent=True)
    refusal = _foreseen(stamp, size_bytes, settings().tip_max_upload_mb)
    return Readiness(agreed_text, agreed.form_id, bits, wait_s, refusal)


def _foreseen(stamp: FormStamp, size_bytes: int, most_mb: int) -> str:
    """Why this form would be refused by its head; empty if it would not."""
    gate = GATES["tip.hand_in"]
    try:
        if size_bytes > most_mb * 2**20:
            raise TooLarge(f"The photos are larger than {most_mb} MB together: take some out.")
        names = ("tip.hand_in", sender_network())
        _count(gate.by_network, _FROM_NETWORK, *names, only_look=True)
        _refuse_sent(stamp)
        names = ("tip.hand_in", _EVERYBODY)
        _count(gate.in_total, _FROM_ALL, *names, only_look=True)
        _refuse_when_full()
    except (Conflict, TooLarge, TooOften, Unavailable) as error:
        return str(error)
    return ""


def _authentic_stamp() -> FormStamp:
    """The stamp in the address, unless it is forged, too new, used up or sent before.

    One that is too old passes: its sender shall get the form back with all that was typed.
    """
    stamp = public_forms.look_at_stamp(request.args.get("stamp", ""))
    if stamp.is_too_quick:
        raise Refused("This form cannot be taken. Wait a few seconds, then send it again.")
    if _wait_s(_TRIES, ("form", stamp.form_id)):
        raise Refused("This form was sent too often. Load the page again, then send it.")
    _refuse_sent(stamp)
    return stamp


def _refuse_sent(stamp: FormStamp) -> None:
    """Refuse a form that made its tip, but to the browser that sent it: it is told again."""
    if tips.is_sent(stamp) and not senders.sent_with(stamp.form_id):
        raise Conflict("This form was sent already; its tip is here, once.")


def _check_work(stamp: FormStamp, answer: str) -> None:
    """Let pass what did its work, and a few that cannot, after they have waited."""
    bits = form_work.bits_now()
    if stamp.agreed_bits is not None:
        bits = min(bits, stamp.agreed_bits)
    if bits == 0 or form_work.is_done(stamp.form_id, answer, bits):
        return
    if stamp.age_s < SLOW_S:
        wait_s = round(SLOW_S - stamp.age_s)
        raise TooOften(
            "Very many tips are coming in. Without JavaScript, the form must have been open for a "
            f"minute: go back, wait {wait_s} seconds, and send it again.",
            max(1, wait_s),
        )
    _count(_WITHOUT_WORK, _FROM_ALL, "tip without work", _EVERYBODY)


def _refuse_when_full() -> None:
    if tips.is_full():
        raise Unavailable(tips.full_sentence())


def _count(limits: str, sentence: str, *names: str, only_look: bool = False) -> None:
    """Count one more for `names`. Raises TooOften beyond any of the limits."""
    wait_s = _wait_s(limits, names, only_look=only_look)
    if wait_s:
        raise TooOften(f"{sentence} {_later(wait_s)}", wait_s)


def _wait_s(limits: str, names: tuple[str, ...], *, only_look: bool = False) -> int:
    """Count one more for `names`; for how many seconds there is no room, 0 if there is."""
    if not limiter.enabled:
        return 0
    act = limiter.limiter.test if only_look else limiter.limiter.hit
    for limit in parse_many(limits):
        if not act(limit, _KEY, *names):
            window = limiter.limiter.get_window_stats(limit, _KEY, *names)
            return max(1, round(window.reset_time - time.time()))
    return 0


def _later(wait_s: int) -> str:
    minutes = -(-wait_s // 60)
    if minutes <= 1:
        return "Try again in a minute."
    if minutes <= 90:
        return f"Try again in {minutes} minutes."
    return f"Try again in {-(-minutes // 60)} hours."
