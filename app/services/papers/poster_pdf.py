"""A poster as a PDF: one A4 page to print and put up."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from app.services.papers.brief_fonts import MAIN, Paper, use_fonts
from app.services.papers.poster_content import Poster

_MARGIN_MM: Final = 14.0
_WIDTH_MM: Final = 210.0 - 2 * _MARGIN_MM
_BAND_MM: Final = 34.0
_QR_MM: Final = 46.0
QR_BORDER: Final = 4
"""Modules of white around the code (ISO/IEC 18004)."""
_FOOT_TOP_MM: Final = 297.0 - _MARGIN_MM - _QR_MM
_BAND: Final = (176, 22, 31)
_SOFT: Final = (70, 84, 99)
_PICTURE_PX: Final = 1600
_LEAST_PHOTO_MM: Final = 70.0
_NAME_PT: Final = 26.0
_NAME_MM: Final = 12.0
_FACT_PT: Final = 15.0
_FACT_MM: Final = 7.5
_NOTE_MM: Final = 6.0
_SCALES: Final = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4)
"""Of the lines' sizes: the first at which long ones leave a photo that can be recognised."""
MADE_UP: Final = "MADE-UP EXAMPLE – NOBODY IS MISSING"


def poster_pdf(poster: Poster, font_dir: Path) -> bytes:
    """Lay the poster out on A4. Raises Unavailable where a font is missing."""
    page = Paper(format="A4")
    use_fonts(page, font_dir, poster.all_text())
    page.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    page.set_auto_page_break(auto=False)
    page.set_title(poster.heading)
    page.add_page()
    _band(page, poster)
    room_mm = _FOOT_TOP_MM - 6 - _top_mm(poster) - (_LEAST_PHOTO_MM if poster.photo else 0)
    scale = next(
        (one for one in _SCALES if _lines_height(page, poster, one) <= room_mm), _SCALES[-1]
    )
    lines_mm = _lines_height(page, poster, scale)
    bottom_mm = _photo(page, poster, _FOOT_TOP_MM - 6 - lines_mm)
    page.set_y(bottom_mm + 4)
    _lines(page, poster, scale)
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


def _top_mm(poster: Poster) -> float:
    return _BAND_MM + (9 if poster.made_up else 6)


def _photo(page: FPDF, poster: Poster, bottom_mm: float) -> float:
    """The picture between the band and the lines, as large as it fits; where it ends."""
    top_mm = _top_mm(poster)
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
        page.set_xy(_MARGIN_MM, top_mm + height_mm)
        page.set_font(MAIN, "B", 11)
        page.cell(_WIDTH_MM, _NOTE_MM, poster.photo_note, align="C")
        return top_mm + height_mm + _NOTE_MM
    return top_mm + height_mm


def _lines(page: FPDF, poster: Poster, scale: float) -> None:
    if poster.name:
        page.set_font(MAIN, "B", _NAME_PT * scale)
        _centred(page, _NAME_MM * scale, poster.name)
    for what, text in poster.facts:
        page.set_font(MAIN, size=_FACT_PT * scale)
        _centred(page, _FACT_MM * scale, f"{what}: {text}")


def _lines_height(page: FPDF, poster: Poster, scale: float) -> float:
    """How high `_lines` and the note below the picture will be."""
    height = 4.0 + (_NOTE_MM if poster.photo_note else 0)
    if poster.name:
        page.set_font(MAIN, "B", _NAME_PT * scale)
        height += _NAME_MM * scale * _count(page, poster.name)
    page.set_font(MAIN, size=_FACT_PT * scale)
    lines = sum(_count(page, f"{what}: {text}") for what, text in poster.facts)
    return height + _FACT_MM * scale * lines


def _count(page: FPDF, text: str) -> int:
    lines = page.multi_cell(_WIDTH_MM, 10, text, dry_run=True, output="LINES")
    return len(lines) if isinstance(lines, list) else 1


def _centred(page: FPDF, height_mm: float, text: str) -> None:
    page.set_x(_MARGIN_MM)
    page.multi_cell(_WIDTH_MM, height_mm, text, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _foot(page: FPDF, poster: Poster) -> None:
    code = io.BytesIO()
    segno.make(poster.address, error="m", micro=False).save(
        code, kind="png", scale=10, border=QR_BORDER
    )
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
