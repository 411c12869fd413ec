"""What can go wrong in the shell, in the user's words.

LastseenError
├── NotFound            there is no such thing (404)
├── Refused             the input cannot be taken; `fields` says which part and why (422)
│   ├── PhotoRefused    a reference photo failed the quality gate; `marked_jpeg` shows where
│   └── BadQuery        a parameter of the address is unknown or unreadable, where a standard asks
│                       for 400
├── Gone                it was there, and has ended (410)
├── Conflict            it contradicts what is there already (409)
├── Forbidden           this account may not do that (403)
├── TooLarge            more bytes than are taken (413)
├── TooOften            too much in a short time; `retry_after_s` says when to go on (429)
└── Unavailable         a part of the installation does not answer (503)
    └── NoRecogniser    no face model is installed; nothing is swept

`app.problems` holds the one table from these, and from the errors of the domain rooms, to an HTTP
status.
"""

from __future__ import annotations

from collections.abc import Mapping


class LastseenError(Exception):
    """Base of all; `str(error)` is a sentence that an investigator understands."""


class NotFound(LastseenError):
    """There is no such thing, or none that this account may see."""


class Gone(LastseenError):
    """It was there, and has ended: a link that expired, for example."""


class Refused(LastseenError):
    """The input cannot be taken. `fields` maps a field's name to the reason."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class PhotoRefused(Refused):
    """A reference photo failed the quality gate.

    `reason` is a short code (`no_face`, `several_faces`, `too_small`, `blurred`, `turned_away`, …);
    `marked_jpeg` the picture with what was found drawn on it, empty if it could not be read.
    """

    def __init__(self, sentence: str, reason: str, marked_jpeg: bytes = b"") -> None:
        super().__init__(sentence, {"photo": sentence})
        self.reason = reason
        self.marked_jpeg = marked_jpeg


class BadQuery(Refused):
    """A parameter of the address is unknown or unreadable, where a standard asks for 400."""


class Conflict(LastseenError):
    """The request contradicts what is there already."""


class Forbidden(LastseenError):
    """This account may not do that."""


class TooLarge(LastseenError):
    """More bytes than are taken."""


class TooOften(LastseenError):
    """Too much in a short time, from one sender or from all together."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class Unavailable(LastseenError):
    """A part of the installation does not answer; the sentence names it."""


class NoRecogniser(Unavailable):
    """No face model is installed: nothing can be embedded, and nothing is swept."""
