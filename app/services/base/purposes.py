"""Purposes stay in the audit log for good: they are written without the subject's name."""

from __future__ import annotations

import re

from app.errors import Refused


def refuse_name(purpose: str, subject_name: str) -> None:
    """Raises Refused where a purpose holds the subject's whole name."""
    if names(purpose, subject_name):
        sentence = (
            "The purpose names the subject. It stays in the audit log for good, also after the "
            "case is deleted: write it without the name."
        )
        raise Refused(sentence, {"purpose": "write it without the subject's name"})


def names(text: str, subject_name: str) -> bool:
    """Whether all words of a name stand in a text, in any order; initials do not count."""
    wanted = {word for word in _words(subject_name) if len(word) > 1}
    return bool(wanted) and wanted <= set(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())
