"""Purposes and reasons stay for good: they are written without the subject's name."""

from __future__ import annotations

import re

from app.errors import Refused


def refuse_name(given: str, subject_name: str, field: str = "purpose") -> None:
    """Raises Refused where a purpose, or what else is given as `field`, holds the whole name."""
    if names(given, subject_name):
        sentence = (
            f"The {field} names the subject. It stays in the audit log for good, also after the "
            "case is deleted: write it without the name."
        )
        raise Refused(sentence, {field: "write it without the subject's name"})


def names(text: str, subject_name: str) -> bool:
    """Whether all words of a name stand in a text, in any order; initials do not count."""
    wanted = {word for word in _words(subject_name) if len(word) > 1}
    return bool(wanted) and wanted <= set(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())
