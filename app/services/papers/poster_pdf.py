"""A poster as a PDF: one A4 page to print and put up."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from app.services.papers.brief_fonts import MAIN, use_fonts
from app.services.papers.poster_content import Poster

_MARGIN_MM: Final = 14.0
_WIDTH_MM: Final = 210.0 - 2 * _MARGIN_MM
_BAND_MM: Final = 34.0
_QR_MM: Final = 46.0
_FOOT_TOP_MM: Final = 297.0 - _MARGIN_MM - _QR_MM
_BAND: Final = (176, 22, 31)
_SOFT: Final = (70, 84, 99)
_PICTURE_PX: Final = 1600
MADE_UP: Final = "MADE-UP EXAMPLE – NOBODY IS MISSING"


def poster_pdf(poster: Poster, font_dir: Path) -> bytes:
    """Lay the poster out on A4. Raises Unavailable where a font is missing."""
    page = FPDF(format="A4")
    use_fonts(page, font_dir, poster.all_text())
    page.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    page.set_auto_page_break(auto=False)
    page.set_title(poster.heading)
    page.add_page()
    _band(page, poster)
    lines_mm = _lines_height(page, poster)
    bottom_mm = _photo(page, poster, _FOOT_TOP_MM - 6 - lines_mm)
    page.set_y(bottom_mm + 4)
    _lines(page, poster)
    _foot(page, poster)
    return bytes(page.output())


def _band(page: FPDF, poster: Poster) -> None:
    page.set_fill_color(*_BAND)
    page.rect(0, 0, 210, _BAND_MM, style="F")
    page.set_text_color(255, 255, 255)
    size = 46.0
    page.set_font(MAIN, "B", size)
    while size > 16 and page.get_string_width(poster.heading) > _WIDTH_MM:
        size -= 2
        page.set_font(MAIN, "B", size)
    page.set_xy(_MARGIN_MM, 6)
    page.cell(_WIDTH_MM, _BAND_MM - 12, poster.heading, align="C")
    page.set_text_color(0, 0, 0)
    if poster.made_up:
        page.set_font(MAIN, "B", 11)
        page.set_xy(_MARGIN_MM, _BAND_MM + 1)
        page.cell(_WIDTH_MM, 6, MADE_UP, align="C")


def _photo(page: FPDF, poster: Poster, bottom_mm: float) -> float:
    """The picture between the band and the lines, as large as it fits; where it ends."""
    top_mm = _BAND_MM + (9 if poster.made_up else 6)
    if poster.photo is None:
        return top_mm
    with Image.open(poster.photo) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((_PICTURE_PX, _PICTURE_PX))
    room_mm = max(30.0, bottom_mm - top_mm)
    scale = min(_WIDTH_MM / picture.width, room_mm / picture.height)
    width_mm, height_mm = picture.width * scale, picture.height * scale
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    buffer.seek(0)
    left_mm = (210.0 - width_mm) / 2
    page.image(buffer, left_mm, top_mm, width_mm, height_mm, alt_text="The missing person")
    if poster.photo_note:
        page.set_xy(left_mm, top_mm + height_mm)
        page.set_font(MAIN, "B", 11)
        page.multi_cell(width_mm, 6, poster.photo_note, align="C")
        return top_mm + height_mm + 6
    return top_mm + height_mm


def _lines(page: FPDF, poster: Poster) -> None:
    if poster.name:
        page.set_font(MAIN, "B", 26)
        _centred(page, 12, poster.name)
    for what, text in poster.facts:
        page.set_font(MAIN, size=15)
        _centred(page, 7.5, f"{what}: {text}")


def _lines_height(page: FPDF, poster: Poster) -> float:
    """How high `_lines` will be, so that the picture leaves room for it."""
    height = 4.0
    if poster.name:
        page.set_font(MAIN, "B", 26)
        height += 12 * _count(page, poster.name)
    page.set_font(MAIN, size=15)
    return height + sum(7.5 * _count(page, f"{what}: {text}") for what, text in poster.facts)


def _count(page: FPDF, text: str) -> int:
    lines = page.multi_cell(_WIDTH_MM, 10, text, dry_run=True, output="LINES")
    return len(lines) if isinstance(lines, list) else 1


def _centred(page: FPDF, height_mm: float, text: str) -> None:
    page.set_x(_MARGIN_MM)
    page.multi_cell(_WIDTH_MM, height_mm, text, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _foot(page: FPDF, poster: Poster) -> None:
    code = io.BytesIO()
    segno.make(poster.address, error="m", micro=False).save(code, kind="png", scale=10, border=3)
    page.set_draw_color(190, 198, 206)
    page.line(_MARGIN_MM, _FOOT_TOP_MM - 3, _MARGIN_MM + _WIDTH_MM, _FOOT_TOP_MM - 3)
    page.image(code, _MARGIN_MM, _FOOT_TOP_MM, _QR_MM, _QR_MM, alt_text=poster.address)
    left_mm, width_mm = _MARGIN_MM + _QR_MM + 6, _WIDTH_MM - _QR_MM - 6
    page.set_xy(left_mm, _FOOT_TOP_MM + 4)
    for text, style, size, height_mm in (
        (poster.call, "", 12, 6),
        (poster.address, "B", 13, 6.5),
        (f"Code {poster.code}" if poster.code else "", "", 12, 6),
        (f"Or call {poster.phone}" if poster.phone else "", "B", 17, 10),
    ):
        if text:
            page.set_font(MAIN, style, size)
            page.set_x(left_mm)
            page.multi_cell(
                width_mm, height_mm, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
    page.set_text_color(*_SOFT)
    page.set_font(MAIN, size=9)
    page.set_x(left_mm)
    page.cell(width_mm, 6, "You need no account, and may stay anonymous.")
    page.set_text_color(0, 0, 0)
