"""Fonts for what is printed: Noto Sans, and its relatives for the scripts that a text holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from app.errors import Unavailable

MAIN: Final = "noto"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Mn"})
"""Categories of characters that join or mark others; what a font lacks of them is not missed."""
_STYLES: Final = {"": "Regular", "B": "Bold"}
_SCRIPTS: Final[Mapping[str, tuple[int, int]]] = {
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Thaana": (0x0780, 0x07BF),
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
    "Thai": (0x0E00, 0x0E7F),
    "Lao": (0x0E80, 0x0EFF),
    "Myanmar": (0x1000, 0x109F),
    "Georgian": (0x10A0, 0x10FF),
    "Ethiopic": (0x1200, 0x137F),
    "Khmer": (0x1780, 0x17FF),
    "OlChiki": (0x1C50, 0x1C7F),
    "MeeteiMayek": (0xABC0, 0xABFF),
}
"""Blocks of Unicode; a font is loaded only where one of its characters is to be printed."""


FROM_RIGHT: Final = frozenset({"Arabic", "Hebrew", "Thaana"})
"""Scripts that run from right to left."""
NO_GLYPH: Final = "\N{REPLACEMENT CHARACTER}"
"""Printed for a character that no font here has, so that it is not missing without a word."""


class Paper(FPDF):
    """A document whose lines may mix scripts."""

    def normalize_text(self, text: str) -> str:
        """The text with a mark for each character that no font of the document has."""
        fonts = [font for font in self.fonts.values() if isinstance(font, TTFFont)]

        def is_known(character: str) -> bool:
            is_unseen = unicodedata.category(character) in _UNSEEN
            return is_unseen or any(ord(character) in font.cmap for font in fonts)

        return super().normalize_text("".join(one if is_known(one) else NO_GLYPH for one in text))

    def _render_styled_text_line(self, *args: Any, **options: Any) -> bool:
        """Let each line name its own font.

        fpdf2 2.8.9 names the main font inside the saved state of a line that begins with a fallback
        font, and believes it named for the next line too: Latin letters there were drawn by the
        numbers of one font with the shapes of another.
        """
        self.current_font_is_set_on_page = False
        return super()._render_styled_text_line(*args, **options)


def use_fonts(document: Paper, folder: Path, text: str) -> None:
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


def unprintable(text: str, folder: Path) -> str:
    """The characters of `text` that none of the fonts in `folder` has, each once.

    Raises Unavailable where the fonts are not installed.
    """
    document = Paper()
    use_fonts(document, folder, text)
    marked = document.normalize_text(text)
    pairs = zip(text, marked, strict=True)
    return "".join(dict.fromkeys(one for one, now in pairs if now == NO_GLYPH != one))


def _add(document: FPDF, family: str, folder: Path, name: str) -> None:
    for style, word in _STYLES.items():
        path = folder / f"{name}-{word}.ttf"
        if not path.is_file():
            raise Unavailable(
                f"The font {path.name} is not installed, so no brief can be printed: install "
                "Debian's package fonts-noto-core, or set FONT_DIR to a folder of Noto fonts."
            )
        document.add_font(family, style, path)
