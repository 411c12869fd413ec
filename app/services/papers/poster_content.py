"""What a poster says, as plain values: the layouts know no case and no database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Poster:
    """A poster. `facts` are the lines under the name, with what each is; nothing else is printed.

    `address` is where its QR code leads. `photo` is None for a poster without a picture.
    """

    heading: str
    name: str
    facts: tuple[tuple[str, str], ...]
    photo: Path | None
    photo_note: str
    call: str
    phone: str
    code: str
    address: str
    made_up: bool

    def all_text(self) -> str:
        """Everything that is printed, to find out which scripts it needs."""
        facts = [text for pair in self.facts for text in pair]
        return "\n".join([self.heading, self.name, self.call, self.phone, self.photo_note, *facts])
