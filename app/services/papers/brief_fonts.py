"""Fonts for printed briefs: Noto Sans, and its relatives for the scripts that a text holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fpdf import FPDF

from app.errors import Unavailable

MAIN: Final = "noto"
_STYLES: Final = {"": "Regular", "B": "Bold"}
_SCRIPTS: Final[Mapping[str, tuple[int, int]]] = {
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Gurmukhi": (0x0A00, 0x0A7F),
    "Gujarati": (0x0A80, 0x0AFF),
    "Oriya": (0x0B00, 0x0B7F),
    "Tamil": (0x0B80, 0x0BFF),
    "Telugu": (0x0C00, 0x0C7F),
    "Kannada": (0x0C80, 0x0CFF),
    "Malayalam": (0x0D00, 0x0D7F),
    "Sinhala": (0x0D80, 0x0DFF),
}
"""Blocks of Unicode; a font is loaded only where one of its characters is to be printed."""


def use_fonts(document: FPDF, folder: Path, text: str) -> None:
    """Give a document the fonts that `text` needs, shaped as their scripts want it.

    Raises Unavailable where the fonts are not installed.
    """
    _add(document, MAIN, folder, "NotoSans")
    needed = scripts_in(text)
    for script in needed:
        _add(document, script.lower(), folder, f"NotoSans{script}")
    document.set_font(MAIN, size=10)
    document.set_fallback_fonts([script.lower() for script in needed], exact_match=False)
    document.set_text_shaping(use_shaping_engine=True)


def scripts_in(text: str) -> list[str]:
    """The scripts besides Latin, Greek and Cyrillic of which `text` holds a character."""
    codes = {ord(character) for character in text}
    return [
        script
        for script, (first, last) in _SCRIPTS.items()
        if any(first <= code <= last for code in codes)
    ]


def script_of(character: str) -> str:
    """The script of a character as Noto's fonts are named; empty for Latin, Greek and Cyrillic."""
    code = ord(character)
    return next((name for name, (first, last) in _SCRIPTS.items() if first <= code <= last), "")


def _add(document: FPDF, family: str, folder: Path, name: str) -> None:
    for style, word in _STYLES.items():
        path = folder / f"{name}-{word}.ttf"
        if not path.is_file():
            raise Unavailable(
                f"The font {path.name} is not installed, so no brief can be printed: install "
                "Debian's package fonts-noto-core, or set FONT_DIR to a folder of Noto fonts."
            )
        document.add_font(family, style, path)
