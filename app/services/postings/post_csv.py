"""Posts as CSV, for people who read them in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Final

from app.indicators.signs import GROUP_OF, Sign
from app.models import Post
from app.outputs.base import LEAD_NOTICE
from geo.formats import safe_cell

MOST: Final = 20_000
"""Posts of one export."""
COLUMNS: Final = (
    "post", "platform", "account", "posted_at_utc", "place", "category", "price", "currency",
    "contacts", "tone_signs", "frequency_signs", "price_signs", "shared_signs", "words", "title",
    "text", "notice",
)  # fmt: skip
NOTICE: Final = f"{LEAD_NOTICE} Signs order a list; they accuse nobody."


def as_csv(posts: Iterable[Post]) -> str:
    """The header and a line for each post; no cell can be run by a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for post in posts:
        writer.writerow([safe_cell(cell) for cell in _cells(post)])
    return buffer.getvalue()


def _cells(post: Post) -> Sequence[str | int | float]:
    words = [
        f"{post.whole_text[start:end]} ({GROUP_OF[Sign[name]].value})"
        for name, start, end in post.word_signs
    ]
    return (
        post.id,
        post.account.platform if post.account else "",
        post.account.handle if post.account else "",
        post.posted_at.astimezone(UTC).isoformat() if post.posted_at else "",
        post.place,
        post.category,
        post.price if post.price is not None else "",
        post.currency,
        "; ".join(use.contact.value for use in post.uses),
        post.tone_level,
        post.frequency_level,
        post.price_level,
        post.shared_level,
        "; ".join(words),
        post.title,
        post.content,
        NOTICE,
    )
