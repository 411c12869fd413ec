"""The brief as a PDF: A4, searchable text, the notice and the page's number on every page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace
from PIL import Image, UnidentifiedImageError

from app.services.papers.brief_content import Brief, BriefPhoto
from app.services.papers.brief_fonts import MAIN, Paper, use_fonts
from app.services.papers.brief_map import EXCLUDED, draw_map, frame_around

MARGIN_MM: Final = 16.0
WIDTH_MM: Final = 210.0 - 2 * MARGIN_MM
MAP_HEIGHT_MM: Final = 104.0
_NOTICE_FILL: Final = (253, 240, 217)
_MADE_UP_FILL: Final = (236, 231, 249)
_SOFT: Final = (70, 84, 99)
_HEAD = FontFace(emphasis="BOLD", fill_color=(237, 240, 243))
_PHOTO_MM: Final = 32.0
_PHOTOS_IN_ROW: Final = 3
_PHOTO_SIDE_PX: Final = 480


class _Pages(Paper):
    """Pages with the brief's head and foot."""

    def __init__(self, brief: Brief, font_dir: Path) -> None:
        super().__init__(format="A4")
        self.brief = brief
        use_fonts(self, font_dir, brief.all_text())
        self.set_margins(MARGIN_MM, 24, MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=22)
        self.set_title(brief.title)
        self.set_creator("Lastseen")
        self.set_lang("en")
        self.alias_nb_pages()

    def header(self) -> None:
        """Case and, on demonstration data, that they are made up."""
        self.set_xy(MARGIN_MM, 10)
        self.set_font(MAIN, "B", 8)
        self.set_text_color(*_SOFT)
        self.cell(WIDTH_MM / 2, 5, f"Lastseen · {self.brief.title}")
        label = "MADE-UP DEMONSTRATION DATA" if self.brief.made_up else ""
        self.cell(WIDTH_MM / 2, 5, label, align="R")
        self.set_draw_color(190, 198, 206)
        self.line(MARGIN_MM, 16, MARGIN_MM + WIDTH_MM, 16)
        self.set_text_color(0, 0, 0)
        self.set_xy(MARGIN_MM, 21)

    def footer(self) -> None:
        """The notice, when it was made, and the page's number."""
        self.set_y(-16)
        self.set_font(MAIN, "B", 8)
        self.cell(WIDTH_MM, 4, self.brief.notice, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(MAIN, size=7.5)
        self.set_text_color(*_SOFT)
        self.cell(WIDTH_MM * 0.8, 4, self.brief.made_text)
        self.cell(WIDTH_MM * 0.2, 4, f"Page {self.page_no()} of {{nb}}", align="R")
        self.set_text_color(0, 0, 0)


def brief_pdf(brief: Brief, font_dir: Path) -> bytes:
    """Lay the brief out. Raises Unavailable where a font is missing."""
    pages = _Pages(brief, font_dir)
    pages.add_page()
    _title(pages, brief)
    _facts(pages, brief)
    _photos(pages, "Reference photos", brief.references)
    _map(pages, brief)
    _stops(pages, brief)
    _lines(pages, "What cannot be", brief.contradictions)
    _photos(pages, "Confirmed sightings", brief.sightings)
    _lines(pages, "How to read this", brief.assumptions)
    return bytes(pages.output())


def _title(pages: _Pages, brief: Brief) -> None:
    pages.set_font(MAIN, "B", 17)
    pages.multi_cell(WIDTH_MM, 8, brief.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pages.ln(1)
    _banner(pages, brief.notice, _NOTICE_FILL)
    if brief.made_up:
        _banner(
            pages,
            "Made-up demonstration data: people, places and times are invented.",
            _MADE_UP_FILL,
        )


def _banner(pages: _Pages, text: str, fill: tuple[int, int, int]) -> None:
    pages.set_font(MAIN, "B", 10)
    pages.set_fill_color(*fill)
    pages.multi_cell(
        WIDTH_MM, 7, text, fill=True, padding=(0, 3), new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )
    pages.set_fill_color(255, 255, 255)
    pages.ln(1.5)


def _heading(pages: _Pages, text: str, needed_mm: float = 30.0) -> None:
    """A heading that never stands alone at the foot of a page."""
    if pages.will_page_break(needed_mm):
        pages.add_page()
    pages.ln(3)
    pages.set_font(MAIN, "B", 12)
    pages.cell(WIDTH_MM, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _facts(pages: _Pages, brief: Brief) -> None:
    pages.set_font(MAIN, size=9.5)
    with pages.table(
        col_widths=(38, WIDTH_MM - 38),
        first_row_as_headings=False,
        borders_layout=TableBordersLayout.NONE,
        line_height=5,
        text_align="LEFT",
    ) as table:
        for name, value in brief.facts:
            row = table.row()
            row.cell(name, style=FontFace(color=_SOFT))
            row.cell(value)


def _map(pages: _Pages, brief: Brief) -> None:
    _heading(pages, "Where", MAP_HEIGHT_MM + 24)
    box = (MARGIN_MM, pages.get_y(), WIDTH_MM, MAP_HEIGHT_MM)
    draw_map(pages, frame_around(brief.stops, box), brief)
    pages.set_xy(MARGIN_MM, box[1] + MAP_HEIGHT_MM + 1)
    pages.set_font(MAIN, size=7.5)
    pages.set_text_color(*_SOFT)
    words = (
        "Green: confirmed sightings. Red: other last-known locations. Circles: uncertainty. Dashed "
        "lines join stops in order of time; the way that was taken is not known. "
        + brief.attribution
    )
    pages.multi_cell(WIDTH_MM, 3.8, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pages.set_text_color(0, 0, 0)


def _stops(pages: _Pages, brief: Brief) -> None:
    _heading(pages, "When", 40)
    pages.set_font(MAIN, size=8)
    with pages.table(
        col_widths=(9, 32, 45, 45, 47),
        headings_style=_HEAD,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        line_height=4.2,
        padding=(1, 1.2),
        text_align="LEFT",
    ) as table:
        table.row(("", "Time", "Place", "Source and judgement", "Way from the stop before"))
        for stop in brief.stops:
            row = table.row()
            row.cell(str(stop.number), style=FontFace(emphasis="BOLD"))
            row.cell(stop.time_text)
            row.cell(stop.label)
            row.cell(f"{stop.source_text}\n{stop.judged_text}".strip())
            is_bad = stop.is_impossible or stop.is_left_out
            row.cell(stop.way_text, style=FontFace(color=EXCLUDED) if is_bad else None)


def _lines(pages: _Pages, title: str, lines: tuple[str, ...]) -> None:
    if not lines:
        return
    _heading(pages, title)
    pages.set_font(MAIN, size=9)
    for line in lines:
        pages.multi_cell(WIDTH_MM, 4.6, f"• {line}", align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pages.ln(0.8)


def _photos(pages: _Pages, title: str, photos: tuple[BriefPhoto, ...]) -> None:
    if not photos:
        return
    _heading(pages, title, _PHOTO_MM + 30)
    column_mm = WIDTH_MM / _PHOTOS_IN_ROW
    for start in range(0, len(photos), _PHOTOS_IN_ROW):
        if pages.will_page_break(_PHOTO_MM + 24):
            pages.add_page()
        top_mm = lowest_mm = pages.get_y()
        for place, photo in enumerate(photos[start : start + _PHOTOS_IN_ROW]):
            left_mm = MARGIN_MM + place * column_mm
            lowest_mm = max(lowest_mm, _photo(pages, photo, left_mm, top_mm, column_mm - 3))
        pages.set_xy(MARGIN_MM, lowest_mm + 2)


def _photo(
    pages: _Pages, photo: BriefPhoto, left_mm: float, top_mm: float, width_mm: float
) -> float:
    picture = _small(photo.path)
    if picture is None:
        pages.set_draw_color(190, 198, 206)
        pages.rect(left_mm, top_mm, _PHOTO_MM, _PHOTO_MM)
        pages.set_font(MAIN, size=7.5)
        pages.set_xy(left_mm, top_mm + _PHOTO_MM / 2 - 2)
        pages.cell(_PHOTO_MM, 4, "no longer kept", align="C")
    else:
        pages.image(
            picture,
            left_mm,
            top_mm,
            _PHOTO_MM,
            _PHOTO_MM,
            keep_aspect_ratio=True,
            alt_text=photo.title,
        )
    pages.set_xy(left_mm, top_mm + _PHOTO_MM + 1)
    pages.set_font(MAIN, "B", 8)
    pages.multi_cell(width_mm, 4, photo.title, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
    pages.set_font(MAIN, size=7.5)
    for line in photo.lines:
        pages.set_x(left_mm)
        pages.multi_cell(width_mm, 3.7, line, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
    return float(pages.get_y())


def _small(path: Path | None) -> io.BytesIO | None:
    """The picture no larger than it is printed; None where it is gone or no picture."""
    if path is None:
        return None
    try:
        with Image.open(path) as picture:
            copy = picture.convert("RGB")
    except (FileNotFoundError, UnidentifiedImageError, OSError):
        return None
    copy.thumbnail((_PHOTO_SIDE_PX, _PHOTO_SIDE_PX))
    buffer = io.BytesIO()
    copy.save(buffer, "JPEG", quality=85)
    buffer.seek(0)
    return buffer
