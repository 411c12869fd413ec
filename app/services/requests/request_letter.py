"""The letter to an owner as a PDF: what is asked, on which basis, by when, and how to send it.

It names neither the subject nor anything else of the case but its number: the letter leaves the
office.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import segno
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from app.models import FootageRequest
from app.models.columns import utc_now
from app.services.papers.brief_fonts import MAIN, Paper, use_fonts

MARGIN_MM: Final = 22.0
WIDTH_MM: Final = 210.0 - 2 * MARGIN_MM
_QR_MM: Final = 34.0
_SOFT: Final = (70, 84, 99)


@dataclass(frozen=True)
class Letter:
    """What the letter says; times are written in the case's time zone."""

    title: str
    date: str
    owner: str
    opening: str
    facts: Sequence[tuple[str, str]]
    cameras: Sequence[str]
    message: str
    steps: Sequence[str]
    link: str
    made_up: bool

    def all_text(self) -> str:
        """Everything that is printed, to choose fonts by."""
        facts = [f"{name} {value}" for name, value in self.facts]
        loose = [self.title, self.date, self.owner, self.opening, self.message, self.link]
        return "\n".join([*loose, *facts, *self.cameras, *self.steps])

    def as_text(self) -> str:
        """The letter as a mail."""
        facts = [f"{name}: {value}" for name, value in self.facts]
        cameras = [f"- {camera}" for camera in self.cameras]
        steps = [f"{number}. {step}" for number, step in enumerate(self.steps, start=1)]
        parts = [[self.opening], facts, ["Cameras:", *cameras], [self.message], steps, [self.link]]
        return "\n\n".join("\n".join(part) for part in parts if any(part))


def letter_of(request: FootageRequest, link: str) -> Letter:
    """The letter for a request; without a `link` it says that the link comes apart."""
    zone = request.case.timezone
    by = f"Please send it by {_local(request.link_expires_at, zone)}; the link ends then."
    export = (
        "Export the recordings in the original quality, as the recorder makes them (MP4, AVI, MKV "
        "and most others are taken)."
    )
    clock = (
        "Compare the recorder's clock with a phone, and write down the difference: the upload page "
        "asks for it."
    )
    send = (
        "Open the link below on a computer or phone, and choose the files. Each is confirmed by a "
        "number (its SHA-256) that proves what was handed over."
        if link
        else "The upload link reaches you separately. Each file that you send is confirmed by a "
        "number (its SHA-256) that proves what was handed over."
    )
    return Letter(
        title=f"Request for video footage {request.number}",
        date=_local(utc_now(), zone)[:-6],
        owner=request.owner,
        opening="We ask you to keep and hand over the recordings named here. Please save them now: "
        "recorders overwrite themselves.",
        facts=(
            ("Reference", f"case {request.case.number}, request {request.number}"),
            ("Legal basis", request.legal_basis),
            (
                "From",
                f"{_local(request.window_start, zone)} ({zone})",
            ),
            ("Until", f"{_local(request.window_end, zone)} ({zone})"),
            ("Questions to", request.contact),
        ),
        cameras=tuple(_camera_line(camera.name, camera.ref) for camera in request.cameras),
        message=request.message,
        steps=(
            export,
            clock,
            send,
            by,
        ),
        link=link,
        made_up=request.case.made_up,
    )


def letter_pdf(letter: Letter, font_dir: Path) -> bytes:
    """Lay the letter out on A4. Raises Unavailable where a font is missing."""
    pages = Paper(format="A4")
    use_fonts(pages, font_dir, letter.all_text())
    pages.set_margins(MARGIN_MM, 22, MARGIN_MM)
    pages.set_auto_page_break(auto=True, margin=20)
    pages.set_title(letter.title)
    pages.set_creator("Lastseen")
    pages.set_lang("en")
    pages.add_page()
    if letter.made_up:
        _line(pages, "MADE-UP DEMONSTRATION DATA", bold=True, size=9)
    _line(pages, letter.owner, bold=True)
    _line(pages, letter.date)
    pages.ln(8)
    _line(pages, letter.title, bold=True, size=15)
    pages.ln(2)
    _line(pages, letter.opening)
    pages.ln(3)
    for name, value in letter.facts:
        _fact(pages, name, value)
    pages.ln(2)
    _line(pages, "Cameras", bold=True)
    for camera in letter.cameras:
        _line(pages, f"•  {camera}")
    if letter.message:
        pages.ln(2)
        _line(pages, letter.message)
    pages.ln(2)
    _line(pages, "What to do", bold=True)
    for number, step in enumerate(letter.steps, start=1):
        _line(pages, f"{number}.  {step}")
    if letter.link:
        _link(pages, letter.link)
    return bytes(pages.output())


def qr_svg(link: str) -> str:
    """The link as an SVG data address for a picture on the page."""
    return segno.make(link, error="m").svg_data_uri(scale=4, border=2, light="white")


def _link(pages: FPDF, link: str) -> None:
    if pages.will_page_break(_QR_MM + 12):
        pages.add_page()
    pages.ln(4)
    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="png", scale=8, border=2)
    pages.image(picture, x=MARGIN_MM, y=pages.get_y(), w=_QR_MM, alt_text="The link as a QR code")
    top = pages.get_y()
    pages.set_xy(MARGIN_MM + _QR_MM + 4, top + 6)
    pages.set_font(MAIN, "B", 10)
    pages.multi_cell(WIDTH_MM - _QR_MM - 4, 5, link, align="L", wrapmode=WrapMode.CHAR)
    pages.set_y(top + _QR_MM)


def _fact(pages: FPDF, name: str, value: str) -> None:
    pages.set_font(MAIN, size=10)
    pages.set_text_color(*_SOFT)
    pages.cell(34, 5.5, name)
    pages.set_text_color(0, 0, 0)
    pages.multi_cell(WIDTH_MM - 34, 5.5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def _line(pages: FPDF, text: str, *, bold: bool = False, size: float = 10.5) -> None:
    pages.set_font(MAIN, "B" if bold else "", size)
    pages.multi_cell(WIDTH_MM, size * 0.53, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    pages.ln(0.8)


def _camera_line(name: str, ref: str) -> str:
    return name if ref in ("", name) else f"{name} (number {ref})"


def _local(instant: datetime, zone: str) -> str:
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y %H:%M}"
