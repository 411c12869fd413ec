"""What every form that strangers fill in carries: a stamp that proves when it was given out.

No third party is asked who is human. A stamp is signed, must be a few seconds old, ends after some
hours, and makes one entry: whoever sends the same form twice is told so. A field that people do not
see catches what fills in everything.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.errors import Refused

FASTEST_S: Final = 3.0
"""Nobody chooses a photo and says where it was taken in less."""
LONGEST_S: Final = 12 * 3600.0
AGREED_FOR_S: Final = 600.0
"""Work that a sender was told of counts for so long, though more is asked of others meanwhile."""
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which people take for one another."""
_NUMBER_LETTERS: Final = 8
_ALL_SYLLABLES: Final = [one + vowel for one in "bdfghklmnprstvz" for vowel in "aeiou"]
_SYLLABLES, _LETTERS_OF_WORD = 10, 10


@dataclass(frozen=True)
class FormStamp:
    """Which form was filled in; `form_id` is unique to it.

    `issued_at` is a Unix time. `agreed_bits` is the work that the sender was told to do not long
    ago (see `services.contributing.form_work`); None if nobody asked.
    """

    form_id: str
    issued_at: float = 0.0
    agreed_bits: int | None = None

    @property
    def age_s(self) -> float:
        """For how many seconds the form has been open."""
        return time.time() - self.issued_at

    @property
    def is_too_quick(self) -> bool:
        """Whether no person can have filled the form in yet."""
        return self.age_s < FASTEST_S

    @property
    def is_too_old(self) -> bool:
        """Whether the form has been open for longer than its stamp holds."""
        return self.age_s > LONGEST_S


def new_stamp(issued_at: float | None = None) -> str:
    """The stamp of a form that is given out now, or at a Unix time."""
    issued = time.time() if issued_at is None else issued_at
    return _signer().dumps([secrets.token_hex(8), int(issued), None, 0])


def agree_on(stamp: FormStamp, bits: int) -> str:
    """The same form's stamp, with the work that its sender is told to do now.

    A form that has been open for too long gets a new stamp: its sender has done nothing wrong.
    """
    form_id = secrets.token_hex(8) if stamp.is_too_old else stamp.form_id
    issued = time.time() if stamp.is_too_old else stamp.issued_at
    return _signer().dumps([form_id, int(issued), bits, int(time.time())])


def look_at_stamp(stamp: str) -> FormStamp:
    """What an authentic stamp says, however old it is. Raises Refused for all others."""
    try:
        form_id, issued, bits, agreed = _signer().loads(stamp)
        held = isinstance(bits, int) and time.time() - float(agreed) <= AGREED_FOR_S
        return FormStamp(str(form_id)[:32], float(issued), bits if held else None)
    except (BadSignature, TypeError, ValueError) as error:
        raise Refused("This form cannot be taken. Load the page again, then send it.") from error


def read_stamp(stamp: str, trap: str) -> FormStamp:
    """Check a stamp and the field that people do not see.

    Raises Refused, with one sentence whatever was wrong but age: no robot learns why.
    """
    read = look_at_stamp(stamp)
    if read.is_too_old:
        raise Refused("This form was open for too long. Load the page again, then send it.")
    if trap.strip() or read.is_too_quick:
        raise Refused("This form cannot be taken. Wait a few seconds, then send it again.")
    return read


def stamp_of_request(user_id: int, request_id: str) -> FormStamp:
    """The stamp of what an account's program sends: the same for the same `request_id`, if any."""
    if not request_id.strip():
        return FormStamp(secrets.token_hex(8))
    named = f"{user_id}:{request_id.strip()}".encode()
    return FormStamp(hashlib.sha256(named).hexdigest()[:32])


def new_number(prefix: str) -> str:
    """A number that tells nothing and cannot be guessed from another: 40 random bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_NUMBER_LETTERS))
    return f"{prefix}-{letters}"


def new_code() -> str:
    """A code for a poster, in two groups of four."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_NUMBER_LETTERS))
    return f"{letters[:4]}-{letters[4:]}"


def new_secret() -> str:
    """Two words that can be said on the phone: 10 syllables of 75, 62 random bits."""
    return _words(secrets.token_bytes(2 * _SYLLABLES))


def secret_of(form_id: str, sender_key: str) -> str:
    """The secret word for whoever holds `sender_key` and sends this form: the same each time."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    named = f"lastseen tip secret:{form_id}:{sender_key}".encode()
    return _words(hmac.digest(key, named, "sha256"))


def _words(random_bytes: bytes) -> str:
    """Two bytes make one syllable; none is likelier than another by more than a thousandth."""
    pairs = zip(random_bytes[0::2], random_bytes[1::2], strict=True)
    picks = [(high << 8 | low) % len(_ALL_SYLLABLES) for high, low in pairs][:_SYLLABLES]
    spoken = "".join(_ALL_SYLLABLES[pick] for pick in picks)
    return f"{spoken[:_LETTERS_OF_WORD]}-{spoken[_LETTERS_OF_WORD:]}"


def plain_number(text: str) -> str:
    """A number or code as people type it: any case, with blanks around it."""
    return text.strip().upper().replace(" ", "")[:20]


def plain_secret(text: str) -> str:
    """A secret as people type it: any case, blank or dash between the words."""
    return "-".join(text.strip().lower().replace("-", " ").split())[:100]


def _signer() -> URLSafeSerializer:
    key = current_app.config["SECRET_KEY"]
    return URLSafeSerializer(key, salt="lastseen public form")
